using System.Runtime.InteropServices;

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

/// <summary>Runs a job on a team, or on the calling thread where there is none.</summary>
public static class TeamRunner
{
    /// <summary>Runs all tasks of a job.</summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <param name="team">Workers; null runs the tasks one after the other on the calling thread, as worker 0.</param>
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="job">The job.</param>
    public static void Run<TJob>(WorkerTeam? team, int tasks, ref TJob job)
        where TJob : struct, ITeamJob
    {
        if (team is not null)
        {
            team.Run(tasks, ref job);
            return;
        }

        for (int task = 0; task < tasks; task++)
        {
            job.Run(task, 0);
        }
    }
}

/// <summary>A counter alone in its cache lines, so that workers who hammer it disturb nobody else.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedCounter
{
    /// <summary>Distance in longs that keeps two counters of an array in different cache lines.</summary>
    public const int Stride = 16;

    /// <summary>The count.</summary>
    [FieldOffset(64)]
    public long Value;
}
