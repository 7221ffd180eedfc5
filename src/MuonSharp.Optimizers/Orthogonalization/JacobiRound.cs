using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One round of a tournament in which every row meets every other once: the pairs of a round have no row in common.</summary>
internal readonly unsafe struct JacobiRound(JacobiRows rows, int round, double tolerance, double negligible, double* rotated) : ITeamJob
{
    /// <summary>Rounds of a tournament.</summary>
    public static int Rounds(int rows) => Even(rows) - 1;

    /// <summary>Pairs of a round.</summary>
    public static int Pairs(int rows) => Even(rows) / 2;

    public void Run(int task, int worker)
    {
        // The last one sits still, the others go round; with an odd number of rows it is a bye.
        int others = Even(rows.Count) - 1;
        int first = task == 0 ? others : (round + task) % others;
        int second = task == 0 ? round : (round + others - task) % others;
        (first, second) = (Math.Min(first, second), Math.Max(first, second));
        if (second < rows.Count && rows.Rotate(first, second, tolerance, negligible))
        {
            rotated[task] = 1;
        }
    }

    private static int Even(int rows) => rows + (rows & 1);
}
