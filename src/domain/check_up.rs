//! The check-up of a callback: what was found when it was looked at from outside, a sentence each.

use crate::domain::words::words;

words! {
    /// How good what was found is.
    #[derive(PartialOrd, Ord)]
    pub enum Grade {
        /// As it should be.
        Sound = "sound",
        /// Worth knowing; it may be meant.
        Remark = "remark",
        /// Customers are likely to meet it.
        Trouble = "trouble",
    }
}

words! {
    /// What was looked at.
    pub enum Subject {
        /// Whether a server answers, and with what.
        Answer = "answer",
        /// How fast.
        Speed = "speed",
        /// Whether it sends the browser on.
        Redirect = "redirect",
        /// The certificate of its server.
        Certificate = "certificate",
        /// Whether cookies survive a return.
        Cookies = "cookies",
        /// Whether its host lets an iPhone open the app at this path.
        UniversalLink = "universal_link",
        /// Whether its host lets Android open the app.
        AppLink = "app_link",
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of which URL of the callback: `url`, or the name of a device's.
    pub of: &'static str,
    /// What was looked at.
    pub subject: Subject,
    /// How good it is.
    pub grade: Grade,
    /// What was found, in a sentence.
    pub says: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn sound((of, subject): (&'static str, Subject), says: impl Into<String>) -> Self {
        Self { of, subject, grade: Grade::Sound, says: says.into(), advice: None }
    }

    /// Something worth knowing.
    pub fn remark(of: (&'static str, Subject), says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { grade: Grade::Remark, advice: Some(advice.into()), ..Self::sound(of, says) }
    }

    /// Something that customers are likely to meet.
    pub fn trouble(of: (&'static str, Subject), says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { grade: Grade::Trouble, ..Self::remark(of, says, advice) }
    }
}
