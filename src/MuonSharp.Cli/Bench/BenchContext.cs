using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Cli.Bench;

/// <summary>What a case is made with.</summary>
/// <param name="Team">The workers.</param>
/// <param name="Optimizer">Who updates in training steps.</param>
internal sealed record BenchContext(WorkerTeam Team, OptimizerChoice Optimizer);
