using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The whole AdamW update of one piece in one pass over weights, gradient and moments.</summary>
internal readonly unsafe struct AdamWKernel(
    float* weights, float* gradient, float* first, float* second, int count, float gradientScale, AdamWCoefficients c, double* squares)
    : ILaneKernel
{
    /// <summary>The smallest normal float32: a moment below it would be slow and stay for ever.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Elements whose squared changes are added in float32 before double precision takes over.</summary>
    private const int RunLength = 16 * LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        double total = 0;
        for (int start = 0; start < count; start += RunLength)
        {
            int end = Math.Min(count, start + RunLength);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                V g = gradient == null ? L.Broadcast(0) : L.Load(gradient + i);
                V p = L.Load(weights + i);
                V m = L.Load(first + i);
                V v = L.Load(second + i);
                V change = Change<L, V>(g, p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                L.Store(weights + i, L.Subtract(p, change));
                L.Store(first + i, m);
                L.Store(second + i, v);
            }

            if (i < end)
            {
                int left = end - i;
                V g = gradient == null ? L.Broadcast(0) : LaneDispatch.LoadPart<L, V>(gradient + i, left);
                V p = LaneDispatch.LoadPart<L, V>(weights + i, left);
                V m = LaneDispatch.LoadPart<L, V>(first + i, left);
                V v = LaneDispatch.LoadPart<L, V>(second + i, left);
                V change = Change<L, V>(g, p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                LaneDispatch.StorePart<L, V>(weights + i, L.Subtract(p, change), left);
                LaneDispatch.StorePart<L, V>(first + i, m, left);
                LaneDispatch.StorePart<L, V>(second + i, v, left);
            }

            total += L.Sum(sum);
        }

        *squares = total;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private V Change<L, V>(V rawGradient, V p, ref V m, ref V v)
        where L : struct, ILanes<V>
        where V : struct
    {
        V g = L.Multiply(rawGradient, L.Broadcast(gradientScale));
        V square = L.Min(L.Multiply(g, g), L.Broadcast(float.MaxValue));
        m = Flush<L, V>(L.MultiplyAdd(L.Broadcast(c.KeepFirst), m, L.Multiply(L.Broadcast(c.GainFirst), g)));
        v = Flush<L, V>(L.MultiplyAdd(L.Broadcast(c.KeepSecond), v, L.Multiply(L.Broadcast(c.GainSecond), square)));
        V root = L.MultiplyAdd(L.Sqrt(v), L.Broadcast(c.Root), L.Broadcast(c.Epsilon));
        V direction = L.MultiplyAdd(L.Broadcast(c.Look), g, L.Multiply(m, L.Broadcast(c.Step)));
        V step = L.Divide(direction, root);
        return L.MultiplyAdd(L.Broadcast(c.Decay), p, step);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static V Flush<L, V>(V value)
        where L : struct, ILanes<V>
        where V : struct => L.Choose(L.LessThan(L.Abs(value), L.Broadcast(SmallestNormal)), L.Broadcast(0), value);
}
