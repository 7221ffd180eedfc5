using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Copies a strip of lines (rows of A, or columns of B) into the order in which the micro-kernel reads it.</summary>
/// <remarks>The strip has <c>lines</c> lines of length k; element (k, line) is at <c>source[k * stepStride + line * lineStride]</c>.
/// The panel is [k, width] with width >= lines, filled with zeros.</remarks>
internal static unsafe class PanelPacker
{
    /// <summary>Rows that are asked for ahead: each lies in another page, where the processor does not look by itself.</summary>
    private const int RowsAhead = 8;

    /// <summary>Packs one panel.</summary>
    /// <param name="source">Element (0, 0).</param>
    /// <param name="stepStride">Floats from k to k + 1.</param>
    /// <param name="lineStride">Floats from line to line.</param>
    /// <param name="k">Length of the lines.</param>
    /// <param name="lines">Number of lines.</param>
    /// <param name="width">Lines of the panel.</param>
    /// <param name="alpha">Factor of every element.</param>
    /// <param name="panel">Out: k times width floats.</param>
    public static void Pack(float* source, nint stepStride, nint lineStride, int k, int lines, int width, float alpha, float* panel)
    {
        if (lines < width)
        {
            new Span<float>(panel, k * width).Clear();
        }

        if (lineStride == 1)
        {
            CopyLines(source, stepStride, k, lines, width, panel);
        }
        else if (stepStride == 1)
        {
            Transposition.Copy(source, lineStride, lines, k, panel, width);
        }
        else
        {
            for (int i = 0; i < k; i++)
            {
                for (int line = 0; line < lines; line++)
                {
                    panel[(i * width) + line] = source[(i * stepStride) + (line * lineStride)];
                }
            }
        }

        if (alpha != 1)
        {
            Scale(panel, k * width, alpha);
        }
    }

    /// <summary>Packs neighbouring panels whose lines are adjacent, a whole row of the source at a time.</summary>
    /// <param name="source">Element (0, 0).</param>
    /// <param name="stepStride">Floats from k to k + 1.</param>
    /// <param name="k">Length of the lines.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="width">Lines of each.</param>
    /// <param name="packed">Out: the panels.</param>
    /// <param name="panelLength">Floats from one panel to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackStrips(float* source, nint stepStride, int k, int panels, int width, float* packed, nint panelLength)
    {
        nint ahead = RowsAhead * stepStride;
        for (int i = 0; i < k; i++, source += stepStride, packed += width)
        {
            if (Sse.IsSupported && i < k - RowsAhead)
            {
                for (int line = 0; line < panels * width; line += LaneDispatch.Count)
                {
                    Sse.Prefetch0(source + ahead + line);
                }
            }

            float* from = source;
            float* to = packed;
            for (int panel = 0; panel < panels; panel++, from += width, to += panelLength)
            {
                int line = 0;
                for (; line <= width - Vector128<float>.Count; line += Vector128<float>.Count)
                {
                    Vector128.Load(from + line).Store(to + line);
                }

                for (; line < width; line++)
                {
                    to[line] = from[line];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyLines(float* source, nint stepStride, int k, int lines, int width, float* panel)
    {
        for (int i = 0; i < k; i++, source += stepStride, panel += width)
        {
            int line = 0;
            for (; line <= lines - 16; line += 16)
            {
                Vector512.Load(source + line).Store(panel + line);
            }

            for (; line <= lines - 4; line += 4)
            {
                Vector128.Load(source + line).Store(panel + line);
            }

            for (; line < lines; line++)
            {
                panel[line] = source[line];
            }
        }
    }

    private static void Scale(float* panel, int count, float alpha)
    {
        foreach (ref float value in new Span<float>(panel, count))
        {
            value *= alpha;
        }
    }
}
