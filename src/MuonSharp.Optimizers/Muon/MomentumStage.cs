using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>How gradients become the direction that is orthogonalized. Every published form is two linear combinations.</summary>
/// <remarks>All forms give the same direction for a constant momentum without bias correction, and orthogonalization forgets its size; they
/// part where epsilon is felt (tiny gradients) and where the momentum is scheduled.</remarks>
/// <param name="Name">The form's name.</param>
/// <param name="Coefficients">The four factors for a momentum, with or without Nesterov's look-ahead, at a parameter's t-th update.</param>
public sealed record MomentumForm(string Name, Func<double, bool, long, MomentumCoefficients> Coefficients)
{
    /// <summary>m &lt;- m + (1 - mu)(g - m);  u = (1 - mu) g + mu m with Nesterov, else m.</summary>
    /// <remarks>The direction keeps its size when the momentum is scheduled. Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static MomentumForm Ema { get; } = new("ema", static (momentum, nesterov, _) => nesterov
        ? new MomentumCoefficients(momentum, 1 - momentum, momentum, 1 - momentum)
        : new MomentumCoefficients(momentum, 1 - momentum, 1, 0));

    /// <summary>m &lt;- mu m + g;  u = g + mu m with Nesterov, else m.</summary>
    /// <remarks>Assumes a constant momentum: the past weighs 1 / (1 - mu) gradients. Source: MoonshotAI/Moonlight, <c>toy_train.py</c>.</remarks>
    public static MomentumForm Sum { get; } = new("sum", static (momentum, nesterov, _) => nesterov
        ? new MomentumCoefficients(momentum, 1, momentum, 1)
        : new MomentumCoefficients(momentum, 1, 1, 0));

    /// <summary>m as in <see cref="Ema"/>;  u = mu m / (1 - mu^(t+1)) + (1 - mu) g / (1 - mu^t) with Nesterov, else m / (1 - mu^t).</summary>
    /// <remarks>Corrected for the start at zero. Source: optax 0.2.8, <c>contrib/_muon.py</c>.</remarks>
    public static MomentumForm BiasCorrectedEma { get; } = new("bias-corrected-ema", static (momentum, nesterov, count) =>
    {
        double correction = 1 - IntegerPower.Of(momentum, count);
        return nesterov
            ? new MomentumCoefficients(
                momentum, 1 - momentum, momentum / (1 - IntegerPower.Of(momentum, count + 1)), (1 - momentum) / correction)
            : new MomentumCoefficients(momentum, 1 - momentum, 1 / correction, 0);
    });
}

/// <summary>m &lt;- keep·m + gain·s·g and u = fromMomentum·m + fromGradient·s·g, s the clip factor; a null gradient is zero.</summary>
/// <remarks>Momentum below the smallest normal float32 is flushed: without gradients it would shrink for ever and never arrive.</remarks>
internal static unsafe class MomentumStage
{
    /// <summary>Updates one matrix of the momentum in place and writes the direction without gaps.</summary>
    public static void Run(
        WorkerTeam? team, in MatrixSlice slice, float* gradient, float gradientScale, in MomentumCoefficients coefficients, float* momentum, Matrix direction)
    {
        var rows = new MatrixRows(slice);
        var job = new Job
        {
            Rows = rows,
            Gradient = gradient is null ? null : gradient + slice.Offset,
            Momentum = momentum + slice.Offset,
            Direction = direction.Data,
            Columns = slice.Columns,
            Stride = slice.RowStride,
            Scale = gradientScale,
            Keep = (float)coefficients.Keep,
            Gain = (float)coefficients.Gain,
            FromMomentum = (float)coefficients.FromMomentum,
            FromGradient = (float)coefficients.FromGradient,
        };
        team.RunLanes(rows.Tasks, job);
    }

    private struct Job : ITaskKernel
    {
        private const float SmallestNormal = 1.17549435e-38f;

        public MatrixRows Rows;
        public float* Gradient;
        public float* Momentum;
        public float* Direction;
        public int Columns;
        public int Stride;
        public float Scale;
        public float Keep;
        public float Gain;
        public float FromMomentum;
        public float FromGradient;

        public readonly void Run<L, V>(int task, int worker)
            where L : struct, ILanes<V>
            where V : struct
        {
            (int start, int end) = Rows.Of(task);
            for (int row = start; row < end; row++)
            {
                float* g = Gradient is null ? null : Gradient + ((long)row * Stride);
                float* m = Momentum + ((long)row * Stride);
                float* u = Direction + ((long)row * Columns);
                int i = 0;
                for (; i <= Columns - LaneDispatch.Count; i += LaneDispatch.Count)
                {
                    V direction = Direct<L, V>(g is null ? L.Broadcast(0) : L.Load(g + i), L.Load(m + i), out V updated);
                    L.Store(m + i, updated);
                    L.Store(u + i, direction);
                }

                if (i < Columns)
                {
                    int left = Columns - i;
                    V part = g is null ? L.Broadcast(0) : L.LoadPart(g + i, left);
                    V direction = Direct<L, V>(part, L.LoadPart(m + i, left), out V updated);
                    L.StorePart(m + i, updated, left);
                    L.StorePart(u + i, direction, left);
                }
            }
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        private readonly V Direct<L, V>(V rawGradient, V momentum, out V updated)
            where L : struct, ILanes<V>
            where V : struct
        {
            V g = L.Multiply(rawGradient, L.Broadcast(Scale));
            V m = L.MultiplyAdd(L.Broadcast(Keep), momentum, L.Multiply(L.Broadcast(Gain), g));
            updated = L.Choose(L.LessThan(L.Abs(m), L.Broadcast(SmallestNormal)), L.Broadcast(0), m);
            return L.MultiplyAdd(L.Broadcast(FromMomentum), updated, L.Multiply(L.Broadcast(FromGradient), g));
        }
    }
}

/// <summary>m &lt;- keep·m + gain·g, then u = fromMomentum·m + fromGradient·g.</summary>
/// <param name="Keep">What is kept of the old momentum.</param>
/// <param name="Gain">What is taken of the gradient.</param>
/// <param name="FromMomentum">The new momentum's share of the direction.</param>
/// <param name="FromGradient">The gradient's share of the direction: 0 without look-ahead.</param>
public readonly record struct MomentumCoefficients(double Keep, double Gain, double FromMomentum, double FromGradient);
