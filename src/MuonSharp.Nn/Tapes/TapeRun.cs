using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>What an operation may know about the run it takes part in.</summary>
/// <param name="Team">Workers to share the operation's tasks.</param>
/// <param name="Training">Whether a backward run may follow: random operations act only then.</param>
/// <param name="Step">Training step, a key of random numbers.</param>
/// <param name="FirstSample">Number within the step of the first sequence of the batch, a key of random numbers: micro-batches of one step
/// count on.</param>
public readonly record struct TapeRun(WorkerTeam Team, bool Training, ulong Step, uint FirstSample);
