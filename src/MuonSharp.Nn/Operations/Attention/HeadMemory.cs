using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Where the heads of an operand lie in memory: one range of columns, or two, of which a head's row is put together in scratch memory.</summary>
internal unsafe struct HeadMemory
{
    public ColumnMemory First;

    /// <summary>Its columns come behind the first range's; none where its width is 0.</summary>
    public ColumnMemory Second;

    /// <summary>Whether there is anything: a gradient may be wanted by nobody.</summary>
    public readonly bool IsWanted => First.Data is not null || Second.Data is not null;

    private readonly int Width => First.Columns.Width + Second.Columns.Width;

    /// <summary>Heads side by side in a tensor that has nothing else.</summary>
    public static HeadMemory SideBySide(float* data, int heads, int width) => new()
    {
        First = new ColumnMemory { Data = data, RowStride = heads * width, Columns = HeadColumns.SideBySide(width) },
    };

    /// <summary>block = factor · rows of a head.</summary>
    public readonly void Load<L, V>(HeadPlace place, float* block, float factor = 1)
        where L : struct, ILanes<V>
        where V : struct
    {
        int stride = HeadRows.Padded(Width);
        HeadRows.Load<L, V>(First.View(place), block, stride, factor);
        if (Second.Columns.Width > 0)
        {
            HeadRows.Load<L, V>(Second.View(place), block + First.Columns.Width, stride, factor);
        }
    }

    /// <summary>block = (rows of a head)ᵀ, [width, <see cref="AttentionGeometry.Block"/>].</summary>
    public readonly void LoadTransposed(HeadPlace place, float* block)
    {
        HeadRows.LoadTransposed(First.View(place), block);
        if (Second.Columns.Width > 0)
        {
            HeadRows.LoadTransposed(Second.View(place), block + (First.Columns.Width * AttentionGeometry.Block));
        }
    }

    /// <summary>Rows of a head = block, row r times 1 / divisors[r] where there are divisors; what nobody wants is not stored.</summary>
    public readonly void Store<L, V>(HeadPlace place, float* block, float* divisors = null)
        where L : struct, ILanes<V>
        where V : struct
    {
        int stride = HeadRows.Padded(Width);
        if (First.Data is not null)
        {
            HeadRows.Store<L, V>(block, stride, First.View(place), divisors);
        }

        if (Second.Data is not null)
        {
            HeadRows.Store<L, V>(block + First.Columns.Width, stride, Second.View(place), divisors);
        }
    }

    /// <summary>block = what a gradient's sums start from: the rows that contributions are added to, or zeros.</summary>
    /// <param name="place">The rows and the head.</param>
    /// <param name="block">Where the sums are made.</param>
    /// <param name="again">Whether earlier tasks of this run began the sums.</param>
    public readonly void Start<L, V>(HeadPlace place, float* block, bool again)
        where L : struct, ILanes<V>
        where V : struct
    {
        int stride = HeadRows.Padded(Width);
        bool first = First.Data is not null && (First.Add || again), second = Second.Data is not null && (Second.Add || again);
        if (!first || Second.Columns.Width > 0)
        {
            new Span<float>(block, place.Rows * stride).Clear();
        }

        if (first)
        {
            HeadRows.Load<L, V>(First.View(place), block, stride);
        }

        if (second)
        {
            HeadRows.Load<L, V>(Second.View(place), block + First.Columns.Width, stride);
        }
    }
}

/// <summary>Heads in a range of a tensor's columns.</summary>
internal unsafe struct ColumnMemory
{
    /// <summary>Column 0 of row 0; null for a gradient that nobody wants.</summary>
    public float* Data;
    public int RowStride;
    public HeadColumns Columns;

    /// <summary>Of a gradient: whether contributions are added to what is there.</summary>
    public bool Add;

    public readonly Matrix View(HeadPlace place) =>
        new(Data + (place.Row * (nint)RowStride) + Columns.At(place.Head), place.Rows, Columns.Width, RowStride);
}

/// <summary>Rows of one head.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Rows">How many.</param>
/// <param name="Head">The head.</param>
internal readonly record struct HeadPlace(int Row, int Rows, int Head);
