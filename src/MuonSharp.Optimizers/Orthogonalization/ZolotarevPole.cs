namespace MuonSharp.Optimizers;

/// <summary>One term a / (x² + p) of a partial fraction.</summary>
/// <param name="P">Where its pole is, relative to the square of the greatest singular value.</param>
/// <param name="A">Its weight.</param>
internal readonly record struct ZolotarevPole(double P, double A);
