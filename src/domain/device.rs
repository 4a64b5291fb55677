//! Devices: what a browser runs on by its own account, as far as opening an app depends on it.

use super::words::words;

words! {
    /// The kind of device behind a browser; its word is as a preview shows it.
    pub enum Device {
        /// An iPhone, an iPod or an iPad that says so.
        Ios = "ios",
        /// A phone or tablet with Android.
        Android = "android",
        /// An iPad that asks for desktop pages says word for word what a Mac says.
        MacOrIpad = "mac_or_ipad",
        /// Anything else: a desktop, as far as apps are concerned.
        Desktop = "desktop",
    }
}

impl Device {
    /// Reads the header `User-Agent`. Browsers of other makers on an iPad name themselves even where they call it a
    /// Mac.
    pub fn of_user_agent(header: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| header.contains(word));
        // Phones with Windows say that they are like all the others.
        if says(&["Windows Phone"]) {
            return Self::Desktop;
        }
        if says(&["iPhone", "iPad", "iPod", "CriOS/", "FxiOS/", "EdgiOS/", "OPiOS/", "OPT/"]) {
            return Self::Ios;
        }
        if says(&["Android"]) {
            return Self::Android;
        }
        let safari = says(&["Macintosh"]) && says(&["Safari/"]) && !says(&["Chrome/", "Chromium/"]);
        if safari { Self::MacOrIpad } else { Self::Desktop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn are_read(table: &[(Device, &str)]) {
        for (expected, header) in table {
            assert_eq!(Device::of_user_agent(header), *expected, "{header}");
        }
    }

    #[test]
    fn phones_and_tablets_are_known_by_what_real_browsers_say() {
        are_read(&[
            (
                Device::Ios,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
            ),
            (
                Device::Ios,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/137.0.7151.107 Mobile/15E148 Safari/604.1",
            ),
            (
                Device::Ios,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/139.2 Mobile/15E148 Safari/605.1.15",
            ),
            (
                Device::Ios,
                "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 \
                 Mobile/15E148 Safari/604.1",
            ),
            (
                Device::Ios,
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/137 Version/11.1.1 Safari/605.1.15",
            ),
            (
                Device::Android,
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile \
                 Safari/537.36",
            ),
            (
                Device::Android,
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 \
                 Chrome/130.0.0.0 Mobile Safari/537.36",
            ),
            (Device::Android, "Mozilla/5.0 (Android 15; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0"),
        ]);
    }

    #[test]
    fn whatever_is_no_phone_is_a_desktop_and_a_mac_may_be_an_ipad() {
        are_read(&[
            (
                Device::MacOrIpad,
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Safari/605.1.15",
            ),
            (
                Device::Desktop,
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/137.0.0.0 Safari/537.36",
            ),
            (
                Device::Desktop,
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 \
                 Safari/537.36 Edg/137.0.0.0",
            ),
            (Device::Desktop, "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"),
            (Device::Desktop, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:139.0) Gecko/20100101 Firefox/139.0"),
            (
                Device::Desktop,
                "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; \
                 NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile \
                 Safari/537",
            ),
            (Device::Desktop, "curl/8.5.0"),
            (Device::Desktop, ""),
        ]);
    }
}
