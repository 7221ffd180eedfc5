using MuonSharp.Numerics;

namespace MuonSharp.Distributed.Tests.Contract;

/// <summary>What every engine must do, for random sizes: each rank draws what all ranks bring and compares what it gets with plain loops.</summary>
internal static class CollectivesContract
{
    private const int LongestPart = 300;

    /// <summary>Every call once, with sizes and numbers of a seed.</summary>
    /// <returns>Bytes that this rank must have counted.</returns>
    public static long Check(ICollectives ranks, ulong seed)
    {
        long before = ranks.BytesSent;
        long expected = Reductions(ranks, seed) + Broadcasts(ranks, seed) + Parts(ranks, seed) + Exchanges(ranks, seed);
        ranks.Barrier();
        Assert.Equal(expected, ranks.BytesSent - before);
        return expected;
    }

    private static long Reductions(ICollectives ranks, ulong seed)
    {
        int length = (int)new RandomStream(seed, "length").Below(LongestPart, 0, 0);
        foreach (Reduction operation in Enum.GetValues<Reduction>())
        {
            // Whole numbers, so that the order of a sum does not matter; those of 64 bits need all of them.
            long[][] all = [.. Enumerable.Range(0, ranks.Size).Select(rank => Whole(seed, $"reduce {operation}", rank, length))];
            long[] longs = [.. all[ranks.Rank].Select(static x => x * (1L << 40))];
            double[] doubles = [.. all[ranks.Rank].Select(static x => x * (double)(1L << 30))];
            float[] floats = [.. all[ranks.Rank].Select(static x => (float)x)];
            ranks.AllReduce(longs, operation);
            ranks.AllReduce(doubles, operation);
            ranks.AllReduce(floats, operation);
            for (int i = 0; i < length; i++)
            {
                long value = all[0][i];
                for (int rank = 1; rank < ranks.Size; rank++)
                {
                    value = operation == Reduction.Sum ? value + all[rank][i] : operation == Reduction.Min ? Math.Min(value, all[rank][i]) : Math.Max(value, all[rank][i]);
                }

                Assert.Equal((value * (1L << 40), value * (double)(1L << 30), (float)value), (longs[i], doubles[i], floats[i]));
            }
        }

        return 3 * ((2L * length * sizeof(long) * (ranks.Size - 1) / ranks.Size * 2) + (2L * length * sizeof(float) * (ranks.Size - 1) / ranks.Size));
    }

    private static long Broadcasts(ICollectives ranks, ulong seed)
    {
        int length = (int)new RandomStream(seed, "broadcast").Below(LongestPart, 0, 0);
        for (int root = 0; root < ranks.Size; root++)
        {
            byte[] expected = [.. Whole(seed, "bytes", root, length).Select(static x => (byte)x)];
            byte[] data = ranks.Rank == root ? [.. expected] : new byte[length];
            ranks.Broadcast(data, root);
            Assert.Equal(expected, data);
        }

        return (long)length * (ranks.Size - 1);
    }

    private static long Parts(ICollectives ranks, ulong seed)
    {
        int[] counts = Counts(seed, "counts", ranks.Size);
        int start = counts[..ranks.Rank].Sum(), total = counts.Sum(), own = counts[ranks.Rank];
        float[][] all = [.. Enumerable.Range(0, ranks.Size).Select(rank => Floats(seed, "parts", rank, total))];

        // What lies beyond is not touched.
        float[] sums = [.. Enumerable.Repeat(-7f, own + 1)];
        ranks.ReduceScatter(all[ranks.Rank], counts, sums.AsSpan(0, own));
        Assert.Equal([.. Enumerable.Range(start, own).Select(i => all.Sum(values => values[i])), -7f], sums);

        float[] whole = Floats(seed, "whole", 0, total), gathered = [.. whole.Select((x, i) => i >= start && i < start + own ? x : float.NaN)];
        ranks.AllGather(gathered, counts);
        Assert.Equal(whole, gathered);
        byte[] bytes = [.. whole.Select(static x => (byte)x)], parts = [.. bytes.Select((x, i) => i >= start && i < start + own ? x : (byte)~x)];
        ranks.AllGather(parts, counts);
        Assert.Equal(bytes, parts);
        return ((total - own) * sizeof(float)) + (own * (sizeof(float) + 1L) * (ranks.Size - 1));
    }

    private static long Exchanges(ICollectives ranks, ulong seed)
    {
        // counts[from][to]
        int[][] counts = [.. Enumerable.Range(0, ranks.Size).Select(rank => Counts(seed, $"exchange {rank}", ranks.Size))];
        float[] send = Floats(seed, "exchange", ranks.Rank, counts[ranks.Rank].Sum());
        int[] receiveCounts = [.. counts.Select(row => row[ranks.Rank])];
        float[] receive = new float[receiveCounts.Sum()];
        ranks.AllToAll(send, counts[ranks.Rank], receive, receiveCounts);
        float[] expected = [.. Enumerable.Range(0, ranks.Size).SelectMany(from =>
            Floats(seed, "exchange", from, counts[from].Sum())[counts[from][..ranks.Rank].Sum()..][..counts[from][ranks.Rank]])];
        Assert.Equal(expected, receive);
        return (send.Length - counts[ranks.Rank][ranks.Rank]) * sizeof(float);
    }

    /// <summary>A count for each rank, none for some.</summary>
    private static int[] Counts(ulong seed, string name, int size)
    {
        var stream = new RandomStream(seed, name);
        return [.. Enumerable.Range(0, size).Select(rank => stream.Below(3, 0, 0, rank) == 0 ? 0 : (int)stream.Below(LongestPart, 0, 1, rank))];
    }

    private static float[] Floats(ulong seed, string name, int rank, int length) => [.. Whole(seed, name, rank, length).Select(static x => (float)x)];

    private static long[] Whole(ulong seed, string name, int rank, int length)
    {
        var stream = new RandomStream(seed, name);
        return [.. Enumerable.Range(0, length).Select(i => stream.Below(2001, 0, (uint)rank, i) - 1000)];
    }
}
