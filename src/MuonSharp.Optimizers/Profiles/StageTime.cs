namespace MuonSharp.Optimizers;

/// <summary>Where an optimizer's time went.</summary>
/// <param name="Optimizer">The optimizer, such as <c>muon</c>; <c>gate</c> for the check and the norm of all gradients.</param>
/// <param name="Stage">The part of its update.</param>
/// <param name="Calls">Updates that were measured.</param>
/// <param name="Elapsed">Their time. Where matrices run one a worker, each part has its share of the workers' time.</param>
/// <param name="Flops">FLOPs of matrices: orthogonalization, or statistics and bases; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that had to move at least once.</param>
public sealed record StageTime(string Optimizer, string Stage, long Calls, TimeSpan Elapsed, double Flops, double Bytes);
