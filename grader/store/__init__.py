"""The database, which is the truth: tables, sessions and the queries of each area."""
