/** Something that this runner does not do, or that GitHub would not take either. */
export class ActionsRefusal extends Error {
  override readonly name = "ActionsRefusal";
}
