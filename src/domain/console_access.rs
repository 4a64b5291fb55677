//! Who may do what in which console, by the groups that the operator's OpenID provider names.

use crate::domain::{ConsoleScope, Role};

/// What the people of a group may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleAccess {
    /// In whose console.
    pub scope: ConsoleScope,
    /// With which role.
    pub role: Role,
}

/// The groups that may do something, as the operator lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessRules(pub Vec<(String, ConsoleAccess)>);

impl AccessRules {
    /// What somebody in these groups may do: each console once, with the highest role, in the order of the rules.
    pub fn of(&self, groups: &[String]) -> Vec<ConsoleAccess> {
        let mut all: Vec<ConsoleAccess> = Vec::new();
        for (_, access) in self.0.iter().filter(|(group, _)| groups.contains(group)) {
            match all.iter_mut().find(|known| known.scope == access.scope) {
                Some(known) if access.role.may(known.role) => known.role = access.role,
                Some(_) => {}
                None => all.push(*access),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MerchantId;

    #[test]
    fn each_console_is_open_with_the_highest_role() {
        let shop = ConsoleScope::Merchant(MerchantId::mint([1; 16]));
        let rule = |group: &str, scope, role| (group.to_owned(), ConsoleAccess { scope, role });
        let rules = AccessRules(vec![
            rule("readers", shop, Role::Read),
            rule("ops", ConsoleScope::Operator, Role::Admin),
            rule("admins", shop, Role::Admin),
            rule("support", shop, Role::Support),
        ]);
        for (groups, expected) in [
            (&["support"][..], &[(shop, Role::Support)][..]),
            (&["support", "readers"], &[(shop, Role::Support)]),
            (&["readers", "ops", "admins", "support"], &[(shop, Role::Admin), (ConsoleScope::Operator, Role::Admin)]),
            (&["Readers", "nobody"], &[]),
        ] {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            let found: Vec<_> = rules.of(&groups).into_iter().map(|access| (access.scope, access.role)).collect();
            assert_eq!(found, expected, "{groups:?}");
        }
    }
}
