using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sizes of an attention and the blocks that they cut it into.</summary>
internal unsafe struct AttentionGeometry
{
    /// <summary>Queries and keys of a block: 64 x 64 logits are 16 KB, half a first-level cache.</summary>
    public const int Block = 64;

    /// <summary>Floats between rows of a block of logits: room for the vector that reaches beyond the last key.</summary>
    public const int LogitStride = Block + LaneDispatch.Count;

    /// <summary>Query blocks of a forward task, which share each block of keys once it is transposed.</summary>
    public const int GroupBlocks = 4;

    public int Batch;

    /// <summary>Rows of a sequence in the tensor of queries.</summary>
    public int Time;

    /// <summary>Rows of a sequence in the tensors of keys and values.</summary>
    public int KeyTime;

    /// <summary>Tokens of a sequence that have keys alone, ahead of those with queries: not 0 where it is continued from a cache.</summary>
    public int Past;

    /// <summary>Queries of a sequence: the first of its <see cref="Time"/> rows.</summary>
    public int Queries;
    public int Heads;
    public int KeyValueHeads;
    public int KeyWidth;
    public int ValueWidth;
    public int Window;
    public float Scale;
    public int Blocks;

    /// <summary>For each token of a sequence the first token of its document, ascending; null where a sequence is one document.</summary>
    public int* Starts;

    /// <summary>Of each sequence, tokens in the cache and queries; null where nothing is cached.</summary>
    public int* CachedTokens;
    public int* CachedQueries;

    public readonly int ForwardTasks => Batch * Heads * TaskSize.Pieces(Blocks, GroupBlocks);

    public readonly int BackwardTasks => Batch * KeyValueHeads;

    public readonly int Group => Heads / KeyValueHeads;

    /// <summary>Width of a head's query and key in scratch memory: whole vectors.</summary>
    public readonly int KeyPadded => HeadRows.Padded(KeyWidth);

    /// <summary>Width of a head's value and output in scratch memory.</summary>
    public readonly int ValuePadded => HeadRows.Padded(ValueWidth);

    /// <summary>Queries in a block; less than 1 behind the last one.</summary>
    public readonly int Rows(int block) => Math.Min(Block, Queries - (block * Block));

    /// <summary>Keys in a block.</summary>
    public readonly int Keys(int block) => Math.Min(Block, Past + Queries - (block * Block));

    /// <summary>Last block with a key that a query of the block sees.</summary>
    public readonly int LastKeyBlock(int queryBlock) => (Past + (queryBlock * Block) + Rows(queryBlock) - 1) / Block;

    /// <summary>First block with a query that sees a key of the block.</summary>
    public readonly int FirstQueryBlock(int keyBlock) => Math.Max(0, (keyBlock * Block) - Past) / Block;

    /// <summary>First block with a key that a query of the block sees.</summary>
    public readonly int FirstKeyBlock(int queryBlock) => FirstKey(queryBlock * Block) / Block;

    /// <summary>Last block with a query that sees a key of the block.</summary>
    public readonly int LastQueryBlock(int keyBlock)
    {
        int lastKey = (keyBlock * Block) + Keys(keyBlock) - 1;
        int last = (int)Math.Min(Blocks - 1, ((long)lastKey - Past + Window - 1) / Block);
        while (last > FirstQueryBlock(keyBlock) && FirstKey(last * Block) > lastKey)
        {
            last--;
        }

        return last;
    }

    /// <summary>First key that a query sees.</summary>
    public readonly int FirstKey(int query) => Math.Max(Starts is null ? 0 : Starts[query], Past + query - Window + 1);

    /// <summary>The geometry in a task of one sequence.</summary>
    public readonly AttentionGeometry Of(int sequence)
    {
        AttentionGeometry one = this;
        one.Starts = Starts is null ? null : Starts + ((nint)sequence * Time);
        if (CachedTokens is not null)
        {
            (one.Past, one.Queries) = (CachedTokens[sequence], CachedQueries[sequence]);
        }

        return one;
    }

    /// <summary>Writes the document starts of sequences from positions: a document ends where the next position is not one higher.</summary>
    public static void FindStarts(Sequences sequences, int* starts)
    {
        int* positions = sequences.Positions!.Data;
        for (int row = 0; row < sequences.Rows; row++)
        {
            int token = row % sequences.Time;
            starts[row] = token > 0 && positions[row] == positions[row - 1] + 1 ? starts[row - 1] : token;
        }
    }

    /// <summary>The queries of a block and a head.</summary>
    public readonly HeadPlace Place(int sequence, int block, int head) => new((sequence * Time) + (block * Block), Rows(block), head);

    /// <summary>The keys of a block and a head.</summary>
    public readonly HeadPlace KeyPlace(int sequence, int block, int head) => new((sequence * KeyTime) + (block * Block), Keys(block), head);

    /// <summary>The rows of a sequence and a head.</summary>
    public readonly HeadPlace Place(int sequence, int head) => new(sequence * Time, Time, head);

    /// <summary>The columns of a block of keys that a query sees, as a half-open range.</summary>
    public readonly (int First, int End) Visible(int query, int firstKey, int keys)
    {
        int before = Past + query - firstKey;
        return (Math.Min(keys, Math.Max(0, FirstKey(query) - firstKey)), Math.Max(0, Math.Min(keys, before + 1)));
    }

    /// <summary>The columns of a block of keys that some query of a strip sees, as a half-open range of whole vectors; empty if none does.</summary>
    public readonly (int First, int End) Seen(int query, int queries, int firstKey, int keys)
    {
        (int first, int end) = (Visible(query, firstKey, keys).First, Visible(query + queries - 1, firstKey, keys).End);
        return first >= end ? (0, 0) : (first / LaneDispatch.Count * LaneDispatch.Count, HeadRows.Padded(end));
    }
}

/// <summary>The zeros of a row of probabilities inside the columns that a strip of rows computes.</summary>
internal static unsafe class AttentionMask
{
    /// <summary>Clears the columns from first to end that are outside start to stop and outside the vector that stop lies in, whose end is clear.</summary>
    /// <param name="row">Column 0.</param>
    /// <param name="first">First column of the strip.</param>
    /// <param name="end">Column behind the strip's last one.</param>
    /// <param name="start">First visible column.</param>
    /// <param name="stop">Column behind the last visible one.</param>
    public static void Hide(float* row, int first, int end, int start, int stop)
    {
        if (start >= stop)
        {
            start = stop = end;
        }

        for (int i = first; i < start; i++)
        {
            row[i] = 0;
        }

        for (int i = start + HeadRows.Padded(stop - start); i < end; i++)
        {
            row[i] = 0;
        }
    }
}
