-- When a reservation is given back: one of the words of ports::GiveBack. Rows from before say it by their name.
ALTER TABLE reservations ADD COLUMN give_back TEXT NOT NULL DEFAULT 'own_time';
UPDATE reservations SET give_back = CASE
    WHEN resource LIKE 'room:%' OR resource LIKE 'unpaid:%' THEN 'when_paid_or_over'
    WHEN resource LIKE 'float:%' THEN 'when_over'
    WHEN resource LIKE 'day:%' THEN 'when_unclaimed'
    WHEN resource LIKE 'cards:%' THEN 'when_no_card'
    ELSE 'own_time' END;

-- Whose the key is while its call is under way, and the name of what the call makes.
ALTER TABLE idempotent_answers ADD COLUMN leased_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE idempotent_answers ADD COLUMN subject TEXT NOT NULL DEFAULT '00000000000000000000000000000000'
    CHECK (length(subject) = 32);
UPDATE idempotent_answers SET subject = lower(hex(randomblob(16)));
