namespace MuonSharp.Numerics;

/// <summary>Applies a panel of reflections to the columns behind it, a few columns a task.</summary>
internal readonly unsafe struct OrthogonalUpdateJob(double* columns, int size, double* tau, int start, int end) : ITeamJob
{
    private const int Group = 4;

    public int Tasks => (size - end + Group - 1) / Group;

    public void Run(int task, int worker)
    {
        int first = end + (task * Group), last = Math.Min(size, first + Group);
        for (int k = start; k < end; k++)
        {
            for (int j = first; j < last; j++)
            {
                Reflector.Apply(tau[k], columns + ((long)k * size) + k, columns + ((long)j * size) + k, size - k);
            }
        }
    }
}
