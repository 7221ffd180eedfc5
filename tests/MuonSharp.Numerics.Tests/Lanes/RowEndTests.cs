using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

/// <summary>Reading and writing the first lanes of sixteen.</summary>
public sealed unsafe class RowEndTests
{
    [Fact]
    public void Parts_are_read_and_written_and_nothing_behind_them()
    {
        Check<Lanes128, VectorQuad>();
        Check<Lanes256, VectorPair>();
        Check<Lanes512, Vector512<float>>();
    }

    private static void Check<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        float[] lanes = new float[LaneDispatch.Count], all = [.. Enumerable.Range(1, LaneDispatch.Count).Select(i => (float)i)];
        for (int count = 0; count <= LaneDispatch.Count; count++)
        {
            float[] row = all[..count], written = [.. Enumerable.Repeat(-1f, LaneDispatch.Count)];
            fixed (float* pl = lanes, pr = row, pa = all, pw = written)
            {
                L.Store(pl, L.LoadPart(pr, count, fill: 9));
                L.StorePart(pw, L.Load(pa), count);
            }

            Assert.Equal([.. row, .. Enumerable.Repeat(9f, LaneDispatch.Count - count)], lanes);
            Assert.Equal([.. row, .. Enumerable.Repeat(-1f, LaneDispatch.Count - count)], written);
        }
    }
}
