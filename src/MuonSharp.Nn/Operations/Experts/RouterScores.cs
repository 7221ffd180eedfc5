using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Scores of one row's logits.</summary>
internal static unsafe class RouterScores
{
    public static void Row<L, V>(RouterScoring scoring, float* logits, float* scores, int count)
        where L : struct, ILanes<V>
        where V : struct
    {
        V shift = scoring == RouterScoring.Softmax ? L.Broadcast(Maximum<L, V>(logits, count)) : default, sum = L.Broadcast(0);
        for (int i = 0; i < count; i += LaneDispatch.Count)
        {
            V z = RowEnd.Load<L, V>(logits + i, Math.Min(LaneDispatch.Count, count - i), float.NegativeInfinity);
            V score = scoring == RouterScoring.Softmax ? LaneMath.Exp<L, V>(L.Subtract(z, shift)) : LaneMath.Sigmoid<L, V>(z);
            sum = L.Add(sum, score);
            RowEnd.Store<L, V>(scores + i, score, Math.Min(LaneDispatch.Count, count - i));
        }

        if (scoring == RouterScoring.Softmax)
        {
            float total = L.Sum(sum);
            for (int i = 0; i < count; i++)
            {
                scores[i] /= total;
            }
        }
    }

    private static float Maximum<L, V>(float* values, int count)
        where L : struct, ILanes<V>
        where V : struct
    {
        V maximum = L.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < count; i += LaneDispatch.Count)
        {
            maximum = L.Max(maximum, RowEnd.Load<L, V>(values + i, Math.Min(LaneDispatch.Count, count - i), float.NegativeInfinity));
        }

        return L.Maximum(maximum);
    }
}
