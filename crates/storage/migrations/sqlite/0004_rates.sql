-- Rates that were, for a picture: the first of each minute and of each hour, millionths of the major unit. Pruned by the
-- step that adds one.
CREATE TABLE rate_samples (
    step       TEXT    NOT NULL CHECK (step IN ('minute', 'hour')),
    at_ms      INTEGER NOT NULL,
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    rate_micro INTEGER NOT NULL CHECK (rate_micro > 0),
    PRIMARY KEY (step, at_ms, currency)
) STRICT, WITHOUT ROWID;
