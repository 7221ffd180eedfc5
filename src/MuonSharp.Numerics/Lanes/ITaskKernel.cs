using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Work that is cut into tasks and written once for all vector widths: a <see cref="ITeamJob"/> and an <see cref="ILaneKernel"/> in one.</summary>
public interface ITaskKernel
{
    /// <summary>Does one task.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="task">Number of the task, 0 to tasks - 1. Results may depend on it.</param>
    /// <param name="worker">Number of the worker: an index of scratch memory. Results must not depend on it.</param>
    void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>Runs task kernels with the vectors that this machine has.</summary>
public static class TaskKernels
{
    /// <summary>Runs all tasks of a kernel.</summary>
    /// <typeparam name="TKernel">The kernel's type.</typeparam>
    /// <param name="team">Workers; null runs the tasks one after the other on the calling thread, as worker 0.</param>
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="kernel">The kernel.</param>
    public static void RunLanes<TKernel>(this WorkerTeam? team, int tasks, TKernel kernel)
        where TKernel : struct, ITaskKernel
    {
        var job = new Job<TKernel>(kernel);
        TeamRunner.Run(team, tasks, ref job);
    }

    private readonly struct Job<TKernel>(TKernel kernel) : ITeamJob
        where TKernel : struct, ITaskKernel
    {
        private readonly TKernel _kernel = kernel;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Run(int task, int worker)
        {
            if (VectorWidth.Bits == 512)
            {
                _kernel.Run<Lanes512, Vector512<float>>(task, worker);
            }
            else if (VectorWidth.Bits == 256)
            {
                _kernel.Run<Lanes256, VectorPair>(task, worker);
            }
            else
            {
                _kernel.Run<Lanes128, VectorQuad>(task, worker);
            }
        }
    }
}
