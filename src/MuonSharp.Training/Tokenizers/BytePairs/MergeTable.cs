using System.Buffers;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The merges of a byte pair encoding by the pair's tokens: applies them to a row of symbols.</summary>
/// <remarks>As long as neighbours are a pair of the table, the pair of the lowest rank is merged, the leftmost of several.
/// A row of n symbols takes n² looks into the table where it is short, n log n where it is long.</remarks>
internal sealed class MergeTable
{
    private const int MostScanned = 48;

    private readonly Dictionary<long, (int Rank, int Result)> _merges;

    public MergeTable(int capacity) => _merges = new(capacity);

    /// <summary>The merges of a tokenizer.</summary>
    public static MergeTable Of(TokenizerDefinition definition)
    {
        MergeTable table = new(definition.Merges.Count);
        foreach (TokenMerge merge in definition.Merges)
        {
            table.Add(definition.Vocabulary[merge.First], definition.Vocabulary[merge.Second], definition.Vocabulary[merge.Result]);
        }

        return table;
    }

    /// <summary>Adds a merge behind all others.</summary>
    public void Add(int first, int second, int result) => _merges.TryAdd(Key(first, second), (_merges.Count, result));

    /// <summary>Merges a row in place.</summary>
    /// <param name="symbols">In: symbols. Out: tokens, from the beginning.</param>
    /// <returns>How many tokens are left.</returns>
    public int Merge(Span<int> symbols) => symbols.Length <= MostScanned ? Scan(symbols) : Queue(symbols);

    private static long Key(int first, int second) => ((long)first << 32) | (uint)second;

    private int Scan(Span<int> symbols)
    {
        int count = symbols.Length;
        while (count > 1)
        {
            (int rank, int result, int place) = (int.MaxValue, 0, -1);
            for (int i = 0; i + 1 < count; i++)
            {
                if (_merges.TryGetValue(Key(symbols[i], symbols[i + 1]), out (int Rank, int Result) merge) && merge.Rank < rank)
                {
                    (rank, result, place) = (merge.Rank, merge.Result, i);
                }
            }

            if (place < 0)
            {
                break;
            }

            symbols[place] = result;
            symbols[(place + 2)..count].CopyTo(symbols[(place + 1)..]);
            count--;
        }

        return count;
    }

    private int Queue(Span<int> symbols)
    {
        int length = symbols.Length;
        int[] next = ArrayPool<int>.Shared.Rent(length), previous = ArrayPool<int>.Shared.Rent(length);
        PriorityQueue<(int Place, long Pair), long> queue = new(length);
        for (int i = 0; i < length; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            Offer(symbols, i, i + 1);
        }

        const int Merged = -1;
        while (queue.TryDequeue(out (int Place, long Pair) best, out _))
        {
            int left = best.Place, right = symbols[left] == Merged ? length : next[left];
            if (right >= length || Key(symbols[left], symbols[right]) != best.Pair)
            {
                continue;
            }

            symbols[left] = _merges[best.Pair].Result;
            symbols[right] = Merged;
            next[left] = next[right];
            if (next[left] < length)
            {
                previous[next[left]] = left;
                Offer(symbols, left, next[left]);
            }

            if (previous[left] >= 0)
            {
                Offer(symbols, previous[left], left);
            }
        }

        int count = 0;
        foreach (int symbol in symbols)
        {
            if (symbol != Merged)
            {
                symbols[count++] = symbol;
            }
        }

        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(previous);
        return count;

        void Offer(Span<int> row, int left, int right)
        {
            if (right < length && _merges.TryGetValue(Key(row[left], row[right]), out (int Rank, int Result) merge))
            {
                queue.Enqueue((left, Key(row[left], row[right])), ((long)merge.Rank << 32) | (uint)left);
            }
        }
    }
}
