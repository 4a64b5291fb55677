// A refusal: nothing was done, and nothing will be. Handback reads it as status 422.

/** Why a question is refused: a code for programs, and a sentence for people. */
export class Refused extends Error {
  constructor(code, detail) {
    super(detail ?? code);
    this.name = 'Refused';
    this.code = code;
    this.detail = detail;
  }
}
