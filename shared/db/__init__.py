"""PostgreSQL: transactions, outbox, inbox, sagas, paging."""
