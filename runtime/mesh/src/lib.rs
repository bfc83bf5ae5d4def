//! A resilience runtime for services: supervised actors, breakers that remember, a live dashboard.
