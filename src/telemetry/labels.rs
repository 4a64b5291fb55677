//! The labels of counters: each label is an enum, whose variants are the values that it can have.

/// Declares an enum whose variants are the values of a label.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The values, in the order of the variants.
            pub(super) const LABELS: [&str; [$($text),+].len()] = [$($text),+];
        }
    };
}

label!(
    /// What kind of route answered. Put one into the data of each scope or resource (`app_data`).
    #[derive(Default)]
    Route {
        /// A call in a merchant's dialect.
        Dialect = "dialect",
        /// Handback's own API, but for redemptions.
        Api = "api",
        /// The redemption of a one-time token.
        Redeem = "redeem",
        /// A page for a customer.
        Page = "page",
        /// A browser coming back from a bank.
        Return = "return",
        /// A provider's notification.
        Notify = "notify",
        /// The sandbox bank.
        Sandbox = "sandbox",
        /// Everything else: health, files, unknown paths.
        #[default]
        Other = "other",
    }
);

label!(
    /// What became of a browser that came back from a bank.
    Arrival {
        /// Sent on at once: home, or back to the checkout.
        Sent = "sent",
        /// Shown the page that waits, because the bank was later than the budget.
        Waiting = "waiting",
        /// Not as it should be: an unknown `state`, another browser, an answer that cannot be read.
        Rejected = "rejected",
        /// Told to try again, because the store is away.
        StoreAway = "store_away",
        /// Stranded by our mistake.
        Failed = "failed",
    }
);

label!(
    /// What a try met at a delivery.
    AttemptResult {
        /// An answer with a status below 200.
        Informed = "1xx",
        /// An answer with this class of status, and so on.
        Received = "2xx",
        /// 300 to 399.
        SentOn = "3xx",
        /// 400 to 499.
        Rejected = "4xx",
        /// 500 and above.
        Broken = "5xx",
        /// Nothing was sent: the address must not be called.
        Refused = "refused",
        /// Nothing was sent: no connection came about.
        Unreachable = "unreachable",
        /// Sent, and not answered in time.
        Unanswered = "unanswered",
    }
);

label!(
    /// What became of a delivery that the courier had in its hands.
    Fate {
        /// Received.
        Delivered = "delivered",
        /// To be tried again.
        PutOff = "put_off",
        /// At an end: its endpoint is gone.
        Gone = "gone",
        /// At an end: that was the last try.
        Dead = "dead",
        /// Somebody else has it.
        FencedOff = "fenced_off",
        /// Given back untried: there was no room for it.
        GivenBack = "given_back",
    }
);

label!(
    /// The limit for which a connection was broken off.
    Cut {
        /// A head that was not whole in time.
        Head = "head",
        /// An answer that was not taken in time.
        Answer = "answer",
        /// What followed the last answer was too much or too slow.
        Drain = "drain",
        /// There were too many connections from its address.
        Address = "address",
    }
);

impl AttemptResult {
    /// The class of an answer's status.
    pub const fn status(status: u16) -> Self {
        match status {
            0..200 => Self::Informed,
            200..300 => Self::Received,
            300..400 => Self::SentOn,
            400..500 => Self::Rejected,
            _ => Self::Broken,
        }
    }
}
