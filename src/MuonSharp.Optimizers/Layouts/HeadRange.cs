namespace MuonSharp.Optimizers;

/// <summary>The outputs of one attention head, as a range of the tensor's whole fan-out.</summary>
/// <param name="Start">The first output.</param>
/// <param name="Length">The head's size.</param>
public readonly record struct HeadRange(int Start, int Length);
