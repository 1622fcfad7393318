//! Every way a call can fail, in one table: the code for programs, the status, and what to do.

use axum::http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $name:literal, $status:ident, $title:literal, $detail:literal;)*) => {
        /// Stable: a program may decide by it. New codes may come, none changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($variant),* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// The same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// What to do, where the occurrence does not say it better.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail),* }
            }
        }
    };
}

codes! {
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON",
        "Send one JSON document in UTF-8.";
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "A field is missing, unknown or of the wrong type",
        "Compare the body with the schema in /v1/openapi.json.";
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query string is wrong",
        "Compare the parameters with /v1/openapi.json.";
    WrongContentType = "wrong_content_type", UNSUPPORTED_MEDIA_TYPE, "The body's type is not JSON",
        "Send `Content-Type: application/json`.";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large",
        "No call of this API needs a body of that size.";
    NotFound = "not_found", NOT_FOUND, "There is no such thing",
        "Check the address and the identifier; another account's things are not shown.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method does not fit the address",
        "Look the address up in /v1/openapi.json.";

    Unauthorized = "unauthorized", UNAUTHORIZED, "There is no device token",
        "Log in and send the token as `Authorization: Bearer <token>`.";
    TokenInvalid = "token_invalid", UNAUTHORIZED, "The device token is unknown or revoked",
        "Log in again.";
    TokenExpired = "token_expired", UNAUTHORIZED, "The device token has expired",
        "Log in again.";
    BadCredentials = "bad_credentials", UNAUTHORIZED, "Login and password or code do not match",
        "Check both; the recovery code sets a new password.";
    WrongPassword = "wrong_password", FORBIDDEN, "The password is wrong",
        "This call needs the account's password, the device token alone is not enough.";
    PasswordNeeded = "password_needed", FORBIDDEN, "This needs the password",
        "Send the account's password as `password`.";
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "Too many failed attempts",
        "Wait as long as `Retry-After` says.";
    InvitationNeeded = "invitation_needed", FORBIDDEN, "Registration is by invitation",
        "Ask the operator for an invitation code and send it as `invitation`.";
    InvitationInvalid = "invitation_invalid", FORBIDDEN, "The invitation is used up, expired or unknown",
        "Ask the operator for a new invitation code.";
    LoginTaken = "login_taken", CONFLICT, "The login is taken",
        "Choose another one.";
    InvalidInput = "invalid_input", UNPROCESSABLE_ENTITY, "A value cannot be used",
        "Mend the field that `detail` names.";
    ChangedMeanwhile = "changed_meanwhile", CONFLICT, "The account changed meanwhile",
        "Try again.";
    DestinationInvalid = "destination_invalid", UNPROCESSABLE_ENTITY, "The refund destination cannot be used",
        "Give a BOLT 11 invoice of this network or a Lightning address `name@domain`.";
    DestinationNeeded = "destination_needed", CONFLICT, "A refund destination is needed first",
        "This purchase claims before the store charges: say where a refund would go (PUT /v1/account/refund-destination).";

    IdempotencyKeyNeeded = "idempotency_key_needed", BAD_REQUEST, "The `Idempotency-Key` header is missing or wrong",
        "Send one key of 1 to 64 visible ASCII characters, new for each new wish, the same when the same is sent again.";
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "The key was used for another request",
        "Take a new key for a new request. Nothing was done.";
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "The first request with this key is not answered yet",
        "Wait and send it again with the same key: within two minutes it is answered, or looked up and done.";

    AmountZero = "amount_zero", UNPROCESSABLE_ENTITY, "The amount is zero",
        "Send the order total as the store shows it, in minor units.";
    AmountNegative = "amount_negative", UNPROCESSABLE_ENTITY, "The amount is negative",
        "Send the order total as the store shows it, in minor units.";
    AmountDecimals = "amount_decimals", UNPROCESSABLE_ENTITY, "The amount has too many decimals",
        "`minor` is a whole number of minor units: 27.11 USD is 2711, 3000 JPY is 3000.";
    AmountBelowMinimum = "amount_below_minimum", UNPROCESSABLE_ENTITY, "The amount is too small",
        "GET /v1/served tells the least order total.";
    AmountAboveLimit = "amount_above_limit", UNPROCESSABLE_ENTITY, "The amount is over the limit",
        "GET /v1/served tells the highest order total.";
    CurrencyUnknown = "currency_unknown", UNPROCESSABLE_ENTITY, "That is no currency",
        "Send the ISO 4217 code in capitals: `USD`.";
    CurrencyNotServed = "currency_not_served", UNPROCESSABLE_ENTITY, "The currency is not served here",
        "GET /v1/served lists those that are.";
    CurrencyMismatch = "currency_mismatch", UNPROCESSABLE_ENTITY, "The currency is not the purchase's",
        "The total must be in the currency that the card was prepared for.";
    StoreHostInvalid = "store_host_invalid", UNPROCESSABLE_ENTITY, "The store's host is not a host name",
        "Send the host of the checkout page as its address has it: lower case, international names as `xn--`, no port.";
    StoreBlocked = "store_blocked", UNPROCESSABLE_ENTITY, "The operator does not serve this store",
        "Nothing can be bought there through this server.";
    StoreUnknown = "store_unknown", UNPROCESSABLE_ENTITY, "This server does not know the store",
        "GET /v1/served lists the stores that it serves.";
    CountryInvalid = "country_invalid", UNPROCESSABLE_ENTITY, "That is no country code",
        "Send ISO 3166-1 alpha-2 in capitals: `US`.";
    CountryNeeded = "country_needed", UNPROCESSABLE_ENTITY, "The shopper's country is needed",
        "Send `country`, or put a billing address on file.";
    CountryNotServed = "country_not_served", UNPROCESSABLE_ENTITY, "The country is not served here",
        "GET /v1/served lists those that are.";
    ClaimOnNotServed = "claim_on_not_served", UNPROCESSABLE_ENTITY, "The store cannot be bought from in that way",
        "This store charges later than a hold can last: leave `claim_on` out or send `reveal`.";
    WayNotServed = "way_not_served", UNPROCESSABLE_ENTITY, "The store cannot be paid in that way here",
        "GET /v1/served tells whether cards are served, GET /v1/gift-cards which gift cards are.";
    ProductUnknown = "product_unknown", UNPROCESSABLE_ENTITY, "There is no such gift card for this store",
        "GET /v1/gift-cards lists those that there are.";
    ValueNotSold = "value_not_sold", UNPROCESSABLE_ENTITY, "The gift card is not sold with this value",
        "GET /v1/gift-cards tells the values.";
    TotalNeeded = "total_needed", UNPROCESSABLE_ENTITY, "Either the total or `card_first` is needed",
        "Send `total`, or `card_first: true` with `currency`; not both.";

    NotLinked = "not_linked", CONFLICT, "No account is linked",
        "Link one first: POST /v1/account/linked/{provider}.";
    LinkRefused = "link_refused", CONFLICT, "The account could not be linked",
        "Begin again.";
    WrongCode = "wrong_code", FORBIDDEN, "The code is wrong",
        "Give the newest code of the linked account's provider. The purchase tells how many more may be tried.";

    UnpaidPurchaseOpen = "unpaid_purchase_open", CONFLICT, "An unpaid purchase is open",
        "Pay it, cancel it, or wait until its quote has expired.";
    LimitReached = "limit_reached", TOO_MANY_REQUESTS, "A limit of the account is reached",
        "Try a smaller total, or again later.";
    AccountSuspended = "account_suspended", FORBIDDEN, "The operator has suspended purchases of this account",
        "More was captured without approval than the operator bears for one account. Ask the operator.";
    StoreSuspended = "store_suspended", FORBIDDEN, "The operator has suspended purchases at this store",
        "More was captured there without approval than the operator bears for one store. Ask the operator.";
    NoRoom = "no_room", SERVICE_UNAVAILABLE, "The server cannot receive this amount at the moment",
        "Nothing was begun. Try again in some minutes, or a smaller total.";
    NoFloat = "no_float", SERVICE_UNAVAILABLE, "What the store is paid with is too small at the moment",
        "Nothing was begun. Try again later, or a smaller total.";
    NotNow = "not_now", SERVICE_UNAVAILABLE, "The server waits for the exchange at the moment",
        "Nothing was begun: bitcoin of other purchases has to be sold first. Try again in some minutes.";
    PriceUnavailable = "price_unavailable", SERVICE_UNAVAILABLE, "There is no price to rely on at the moment",
        "Nothing was begun. Try again in a minute.";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "A part of the server does not answer",
        "Nothing was begun. Try again in a minute.";
    Draining = "draining", SERVICE_UNAVAILABLE, "The server takes no new purchases",
        "It is about to stop; purchases under way go on. Try again later.";

    NotReady = "not_ready", CONFLICT, "The purchase is not ready for that",
        "Follow its events and ask again when its state has changed.";
    TooLate = "too_late", CONFLICT, "It is too late for that",
        "The purchase has gone on; look at its state.";
    PriceMoved = "price_moved", CONFLICT, "The price moved too far since the quote",
        "Nothing was claimed. Wait for the price to come back, or cancel and begin anew.";
    DeadlineNear = "deadline_near", CONFLICT, "The hold is about to end",
        "Nothing was claimed; the bitcoin goes back by itself. Begin anew.";
    PublicKeyInvalid = "public_key_invalid", UNPROCESSABLE_ENTITY, "The public key cannot be used",
        "Send a fresh X25519 public key, 64 hex digits.";

    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests",
        "Wait as long as `Retry-After` says.";
    Busy = "busy", SERVICE_UNAVAILABLE, "The server is at its limit",
        "Try again in a moment.";
    TimedOut = "timed_out", SERVICE_UNAVAILABLE, "The answer took too long",
        "The work may still be under way: send the same request with the same key again.";
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "It is not known whether that was done",
        "Send the same request with the same key again: it is looked up, and done only if it was not.";
    StorageUnavailable = "storage_unavailable", SERVICE_UNAVAILABLE, "The server could not write",
        "Nothing was done. The operator has to look; try again later.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server made a mistake",
        "The operator's log has it. Look at the thing itself before you try again.";

    WebhookSignature = "webhook_signature", UNAUTHORIZED, "The signature is missing or wrong",
        "Nothing was read.";
    WebhookStale = "webhook_stale", UNAUTHORIZED, "The signature's time is outside the window",
        "Nothing was read.";
    WebhookMalformed = "webhook_malformed", BAD_REQUEST, "The body is not what the vendor documents",
        "Nothing was done.";
    WebhookAgain = "webhook_again", SERVICE_UNAVAILABLE, "It could not be stored",
        "Send it again.";
}
