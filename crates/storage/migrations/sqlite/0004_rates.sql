-- Rates that were, for a picture: the first of each minute and of each hour, millionths of the major unit. `slot` is the
-- number of the minute or hour since 1970. Pruned by the step that adds one.
CREATE TABLE rate_samples (
    step       TEXT    NOT NULL CHECK (step IN ('minute', 'hour')),
    slot       INTEGER NOT NULL,
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    at_ms      INTEGER NOT NULL,
    rate_micro INTEGER NOT NULL CHECK (rate_micro > 0),
    PRIMARY KEY (step, slot, currency)
) STRICT, WITHOUT ROWID;
