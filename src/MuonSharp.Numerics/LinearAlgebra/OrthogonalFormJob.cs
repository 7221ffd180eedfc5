namespace MuonSharp.Numerics;

/// <summary>Column j of Q is H_0 ... H_j e_j, turned so that R's diagonal is not negative; a few columns a task.</summary>
internal readonly unsafe struct OrthogonalFormJob(double* columns, int size, double* tau, double* diagonal, double* basis) : ITeamJob
{
    private const int Group = 4;

    public int Tasks => (size + Group - 1) / Group;

    public void Run(int task, int worker)
    {
        int first = task * Group, last = Math.Min(size, first + Group);
        for (int j = first; j < last; j++)
        {
            new Span<double>(basis + ((long)j * size), size).Clear();
            basis[((long)j * size) + j] = diagonal[j] < 0 ? -1 : 1;
        }

        for (int k = last - 1; k >= 0; k--)
        {
            for (int j = Math.Max(k, first); j < last; j++)
            {
                Reflector.Apply(tau[k], columns + ((long)k * size) + k, basis + ((long)j * size) + k, size - k);
            }
        }
    }
}
