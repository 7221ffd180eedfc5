using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What an update needs to know beyond its own options.</summary>
/// <param name="Step">The step's number, from 1.</param>
/// <param name="TotalSteps">Steps of the whole run, 0 when there is no end.</param>
/// <param name="GradientScale">What clipping multiplies every gradient with.</param>
/// <param name="Team">The workers.</param>
/// <param name="Clock">Takes the times of the update's stages; null when nobody wants them.</param>
internal readonly record struct StepContext(long Step, long TotalSteps, float GradientScale, WorkerTeam Team, StageClock? Clock = null);
