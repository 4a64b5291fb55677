//! Stories: what a customer, a merchant's app and a bank do, and what the house answers.

mod comes_home;
