using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>sum += (scale x)², lanes within runs of 256 elements, doubles between runs.</summary>
internal readonly unsafe struct SquareSumKernel(float* x, int count, float scale, double* result) : ILaneKernel
{
    private const int RunLength = 16 * LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        V factor = L.Broadcast(scale);
        double total = 0;
        for (int start = 0; start < count; start += RunLength)
        {
            int end = Math.Min(count, start + RunLength);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                V value = L.Multiply(L.Load(x + i), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            if (i < end)
            {
                V value = L.Multiply(LaneDispatch.LoadPart<L, V>(x + i, end - i), factor);
                sum = L.MultiplyAdd(value, value, sum);
            }

            total += L.Sum(sum);
        }

        *result = total;
    }
}
