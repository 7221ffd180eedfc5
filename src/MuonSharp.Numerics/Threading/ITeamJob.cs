namespace MuonSharp.Numerics;

/// <summary>Work that is cut into numbered tasks, each of which owns its outputs.</summary>
/// <remarks>Implemented by structs of pointers and sizes; a <see cref="WorkerTeam"/> calls <see cref="Run"/> once per task,
/// on whichever worker is free.</remarks>
public interface ITeamJob
{
    /// <summary>Does one task.</summary>
    /// <param name="task">Number of the task, 0 to tasks - 1. Results may depend on it.</param>
    /// <param name="worker">Number of the worker, 0 to threads - 1: an index of scratch memory. Results must not depend on it.</param>
    void Run(int task, int worker);
}
