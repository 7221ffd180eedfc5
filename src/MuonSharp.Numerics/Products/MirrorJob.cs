namespace MuonSharp.Numerics;

/// <summary>Copies the lower triangle of a matrix onto the upper one: a task is a strip of rows of the lower triangle.</summary>
internal readonly struct MirrorJob(Matrix c) : ITeamJob
{
    /// <summary>Rows in a strip.</summary>
    public const int Strip = 64;

    /// <summary>Number of strips.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <returns>The number of tasks.</returns>
    public static int Tasks(int rows) => (rows + Strip - 1) / Strip;

    public void Run(int task, int worker)
    {
        // The longest strips come first.
        var first = (Tasks(c.Rows) - 1 - task) * Strip;
        var end = Math.Min(c.Rows, first + Strip);
        Mirroring.Block(c, first, 0, end - first, end);
    }
}
