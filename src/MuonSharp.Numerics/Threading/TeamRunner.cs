namespace MuonSharp.Numerics;

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

        for (var task = 0; task < tasks; task++)
        {
            job.Run(task, 0);
        }
    }
}
