//! What one return asks of Redis, in a form that every contender reads in a few lines.

/// A command with its arguments.
pub type Command = Vec<Vec<u8>>;

/// A return: the state that it comes with, where its browser is sent, and what is asked of Redis meanwhile, one command
/// after the other.
///
/// In a file it is its length in four bytes; then the state, the location and each command's arguments, each text behind
/// its length in two bytes; before the commands stands their number, before the arguments of one theirs, in two bytes
/// too. All numbers begin with their highest byte.
#[derive(Clone)]
pub struct Exchange {
    pub state: String,
    pub location: String,
    pub commands: Vec<Command>,
}

#[allow(dead_code, reason = "one program writes it, another reads it")]
impl Exchange {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, self.state.as_bytes());
        text(&mut body, self.location.as_bytes());
        number(&mut body, self.commands.len());
        for command in &self.commands {
            number(&mut body, command.len());
            for argument in command {
                text(&mut body, argument);
            }
        }
        let length = u32::try_from(body.len()).expect("a length");
        [&length.to_be_bytes()[..], &body].concat()
    }
}

fn text(body: &mut Vec<u8>, text: &[u8]) {
    number(body, text.len());
    body.extend_from_slice(text);
}

fn number(body: &mut Vec<u8>, number: usize) {
    body.extend(u16::try_from(number).expect("a small number").to_be_bytes());
}

/// A journey as people would keep it themselves, at this status.
#[allow(dead_code, reason = "one program writes it, another reads it")]
pub fn json(exchange: &Exchange, status: &str) -> String {
    let Exchange { state, location, .. } = exchange;
    let callback = location.split('&').next().unwrap_or_default();
    format!(
        r#"{{"pay_id":"{state}","user_id":"c4f5ae08-5f0e-4a5c-9f0e-7c1f0f1f2a11","amount":"25.00","note":"order","status":"{status}","callback":"{callback}","opened_at":"2026-11-29T15:45:01Z"}}"#
    )
}
