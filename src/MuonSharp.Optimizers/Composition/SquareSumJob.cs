using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One chunk of a sum of squares a task.</summary>
internal readonly unsafe struct SquareSumJob(float* x, int count, int chunk, double* partials) : ITeamJob
{
    public void Run(int task, int worker)
    {
        long start = (long)task * chunk;
        partials[task] = SquareSum.OfChunk(x + start, (int)Math.Min(chunk, count - start));
    }
}
