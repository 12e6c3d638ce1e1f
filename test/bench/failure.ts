/** Something was not as a measurement needs it: no figure is better than a wrong one. */
export class BenchFailure extends Error {
  override readonly name = "BenchFailure";
}
