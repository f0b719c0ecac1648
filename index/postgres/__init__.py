"""An index kept in PostgreSQL with pgvector, for many bot processes; needs the extra `postgres`."""
