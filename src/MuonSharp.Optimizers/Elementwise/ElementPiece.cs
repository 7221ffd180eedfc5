namespace MuonSharp.Optimizers;

/// <summary>A run of elements of one parameter: at most one chunk.</summary>
/// <param name="Slot">The parameter.</param>
/// <param name="Start">The first element.</param>
/// <param name="Length">Number of elements.</param>
internal readonly record struct ElementPiece(int Slot, int Start, int Length);
