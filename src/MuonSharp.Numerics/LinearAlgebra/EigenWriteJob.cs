namespace MuonSharp.Numerics;

/// <summary>Writes a panel's 16 components of all vectors, in the order of their values.</summary>
internal readonly unsafe struct EigenWriteJob(double* panels, int size, double* order, double* vectors) : ITeamJob
{
    public void Run(int task, int worker)
    {
        double* panel = panels + ((long)task * size * EigenBasis.Width);
        int column = task * EigenBasis.Width, width = Math.Min(EigenBasis.Width, size - column);
        for (int i = 0; i < size; i++)
        {
            new Span<double>(panel + ((int)order[i] * EigenBasis.Width), width).CopyTo(new Span<double>(vectors + ((long)i * size) + column, width));
        }
    }
}
