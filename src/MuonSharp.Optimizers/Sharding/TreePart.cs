using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>A whole subtree of the tree over a step's micro-batches: leaves that one rank can add up alone.</summary>
/// <param name="First">Its first leaf.</param>
/// <param name="Count">Its leaves.</param>
internal readonly record struct TreePart(int First, int Count)
{
    /// <summary>The leaves that a rank computes: an equal share, in order.</summary>
    public static (int First, int End) LeavesOf(int leaves, int rank, int ranks) => ((int)((long)leaves * rank / ranks), (int)((long)leaves * (rank + 1) / ranks));

    /// <summary>The largest subtrees that lie between two leaves, in order: one for an equal power of two of leaves a rank, else at most 2 log2 of them.</summary>
    public static ImmutableArray<TreePart> Of(int leaves, int first, int end)
    {
        ImmutableArray<TreePart>.Builder parts = ImmutableArray.CreateBuilder<TreePart>();
        Collect(0, leaves);
        return parts.ToImmutable();

        void Collect(int start, int count)
        {
            if (start >= first && start + count <= end)
            {
                parts.Add(new TreePart(start, count));
            }
            else if (start < end && start + count > first)
            {
                int left = LeftOf(count);
                Collect(start, left);
                Collect(start + left, count - left);
            }
        }
    }

    /// <summary>The additions that make the root of subtrees that cover all leaves in order: the first of a pair takes the second in, and number 0 is the root at the end.</summary>
    public static ImmutableArray<(int Into, int From)> Additions(int leaves, IReadOnlyList<TreePart> parts)
    {
        ImmutableArray<(int Into, int From)>.Builder additions = ImmutableArray.CreateBuilder<(int, int)>();
        int next = 0;
        Add(0, leaves);
        return additions.ToImmutable();

        int Add(int start, int count)
        {
            if (parts[next] == new TreePart(start, count))
            {
                return next++;
            }

            int left = LeftOf(count);
            int into = Add(start, left), from = Add(start + left, count - left);
            additions.Add((into, from));
            return into;
        }
    }

    /// <summary>The greatest power of two below a number of leaves.</summary>
    private static int LeftOf(int count) => 1 << System.Numerics.BitOperations.Log2((uint)count - 1);
}
