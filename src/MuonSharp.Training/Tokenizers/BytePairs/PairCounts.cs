using System.Runtime.InteropServices;

namespace MuonSharp.Training;

/// <summary>How often each pair of neighbours comes in some words, kept up to date while pairs are merged.</summary>
internal sealed class PairCounts
{
    private readonly List<(int[] Symbols, long Count)> _words;
    private readonly Dictionary<(int First, int Second), long> _counts = [];
    private readonly Dictionary<(int First, int Second), HashSet<int>> _places = [];
    private readonly PriorityQueue<((int First, int Second) Pair, long Count), (long Less, int First, int Second)> _queue = new();

    public PairCounts(IEnumerable<(int[] Symbols, long Count)> words)
    {
        _words = [.. words];
        for (int word = 0; word < _words.Count; word++)
        {
            Change(word, _words[word].Symbols, _words[word].Count, touched: null);
        }

        foreach (((int First, int Second) pair, long count) in _counts)
        {
            Offer(pair, count);
        }
    }

    /// <summary>The pair that comes most often; null: there is none.</summary>
    public (int First, int Second)? Best()
    {
        // A pair is in the queue with counts of earlier times as well: the true one decides.
        while (_queue.TryDequeue(out ((int First, int Second) Pair, long Count) best, out _))
        {
            if (_counts.GetValueOrDefault(best.Pair) == best.Count && best.Count > 0)
            {
                return best.Pair;
            }
        }

        return null;
    }

    /// <summary>Makes a pair a token, in all words, from left to right.</summary>
    public void Merge((int First, int Second) pair, int token)
    {
        HashSet<(int First, int Second)> touched = [];
        foreach (int word in _places.Remove(pair, out HashSet<int>? places) ? places : [])
        {
            (int[] symbols, long count) = _words[word];
            int[] merged = Replace(symbols, pair, token);
            if (merged.Length < symbols.Length)
            {
                Change(word, symbols, -count, touched);
                Change(word, merged, count, touched);
                _words[word] = (merged, count);
            }
        }

        _counts.Remove(pair);
        foreach ((int First, int Second) changed in touched)
        {
            Offer(changed, _counts.GetValueOrDefault(changed));
        }
    }

    private void Change(int word, int[] symbols, long count, HashSet<(int First, int Second)>? touched)
    {
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            (int First, int Second) pair = (symbols[i], symbols[i + 1]);
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += count;
            touched?.Add(pair);
            if (count > 0)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out _) ??= []).Add(word);
            }
        }
    }

    private void Offer((int First, int Second) pair, long count)
    {
        if (count > 0)
        {
            _queue.Enqueue((pair, count), (-count, pair.First, pair.Second));
        }
    }

    private static int[] Replace(int[] symbols, (int First, int Second) pair, int token)
    {
        List<int> merged = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            bool isPair = i + 1 < symbols.Length && symbols[i] == pair.First && symbols[i + 1] == pair.Second;
            merged.Add(isPair ? token : symbols[i]);
            i += isPair ? 1 : 0;
        }

        return [.. merged];
    }
}
