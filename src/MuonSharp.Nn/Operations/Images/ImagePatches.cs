using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The patches of images as a matrix that is never stored: row p is what the window sees for pixel p of the result, columns are [window row, window column, channel].</summary>
/// <remarks>Channels lie last, so what a window sees in one row of an image is one run of memory: kw·channels floats are copied at once, and zeros where the window
/// reaches over the edge. With <see cref="Spread"/> above 1 there are so many pixels less one of zeros between the images' pixels: the gradient of a window with that stride.</remarks>
internal unsafe struct ImagePatches : IPanelSource
{
    public float* Data;
    public Images Images;
    public int Channels;
    public Images Result;
    public int WindowHeight;
    public int WindowWidth;
    public int Stride;
    public int PaddingTop;
    public int PaddingLeft;
    public int Spread;

    public readonly int Rows => Result.Rows;

    public readonly int Columns => WindowHeight * WindowWidth * Channels;

    /// <summary>What a convolution's filters multiply.</summary>
    public static ImagePatches Of(float* data, ConvolutionInputs inputs) => new()
    {
        Data = data,
        Images = inputs.Images,
        Channels = inputs.X.Columns,
        Result = inputs.Result,
        WindowHeight = inputs.Window.Height,
        WindowWidth = inputs.Window.Width,
        Stride = inputs.Window.Stride,
        PaddingTop = inputs.Window.Padding,
        PaddingLeft = inputs.Window.Padding,
        Spread = 1,
    };

    /// <summary>Which pixels of the result each pixel of the images took part in, in the opposite order of the window's pixels.</summary>
    public static ImagePatches Opposite(float* gradient, ConvolutionInputs inputs) => new()
    {
        Data = gradient,
        Images = inputs.Result,
        Channels = inputs.Filters.Rows,
        Result = inputs.Images,
        WindowHeight = inputs.Window.Height,
        WindowWidth = inputs.Window.Width,
        Stride = 1,
        PaddingTop = inputs.Window.Height - 1 - inputs.Window.Padding,
        PaddingLeft = inputs.Window.Width - 1 - inputs.Window.Padding,
        Spread = inputs.Window.Stride,
    };

    public readonly void Fill(int row, int rows, int column, int columns, float* to, int width, nint panelStride)
    {
        int rowLength = WindowWidth * Channels, end = column + columns;
        for (int first = column; first < end;)
        {
            (int panel, int inPanel) = Math.DivRem(first - column, width);
            int windowRow = first / rowLength, start = windowRow * rowLength, last = Math.Min(Math.Min(end, start + rowLength), first + width - inPanel);
            Run(row, rows, windowRow, first - start, last - first, to + (panel * panelStride) + inPanel, width);
            first = last;
        }
    }

    /// <summary>A part of one row of the window, for all rows of the block: for neighbouring pixels of the result it lies evenly apart.</summary>
    private readonly void Run(int row, int rows, int windowRow, int from, int length, float* to, int toStride)
    {
        int lineLength = Images.Width * Channels, step = Stride * Channels, last = lineLength - length;
        (int image, int pixel) = Math.DivRem(row, Result.Pixels);
        for ((int y, int x) = Math.DivRem(pixel, Result.Width); rows > 0; x = 0)
        {
            int pixels = Math.Min(rows, Result.Width - x), top = (y * Stride) - PaddingTop + windowRow, left = (x * Stride) - PaddingLeft;
            if (Spread > 1)
            {
                Spaced(image, top, left, pixels, from, length, to, toStride);
                to += (nint)pixels * toStride;
            }
            else if ((uint)top >= (uint)Images.Height)
            {
                for (int i = 0; i < pixels; i++, to += toStride)
                {
                    new Span<float>(to, length).Clear();
                }
            }
            else
            {
                float* line = Data + ((((nint)image * Images.Height) + top) * lineLength);
                int offset = (left * Channels) + from;
                for (int i = 0; i < pixels; i++, offset += step, to += toStride)
                {
                    if (offset >= 0 && offset <= last)
                    {
                        Copy(line + offset, to, length);
                    }
                    else
                    {
                        Edge(line, offset, lineLength, to, length);
                    }
                }
            }

            rows -= pixels;
            if (++y == Result.Height)
            {
                (y, image) = (0, image + 1);
            }
        }
    }

    /// <summary>What reaches over the left or right edge of an image.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Edge(float* line, int offset, int lineLength, float* to, int length)
    {
        int inside = Math.Clamp(-offset, 0, length), outside = Math.Clamp(lineLength - offset, inside, length);
        new Span<float>(to, inside).Clear();
        Copy(line + offset + inside, to + inside, outside - inside);
        new Span<float>(to + outside, length - outside).Clear();
    }

    /// <summary>The same where there are zeros between the pixels: one pixel of the window after the other.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Spaced(int image, int top, int left, int pixels, int from, int length, float* to, int toStride)
    {
        for (int i = 0; i < pixels; i++, to += toStride)
        {
            for (int at = from; at < from + length;)
            {
                (int windowColumn, int channel) = Math.DivRem(at, Channels);
                int count = Math.Min(from + length - at, Channels - channel), x = left + i + windowColumn;
                if (top >= 0 && x >= 0 && top % Spread == 0 && x % Spread == 0 && top / Spread < Images.Height && x / Spread < Images.Width)
                {
                    nint source = ((((nint)image * Images.Height) + (top / Spread)) * Images.Width) + (x / Spread);
                    Copy(Data + (source * Channels) + channel, to + at - from, count);
                }
                else
                {
                    new Span<float>(to + at - from, count).Clear();
                }

                at += count;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* from, float* to, int count)
    {
        int i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512.Load(from + i).Store(to + i);
        }

        if (i <= count - Vector256<float>.Count)
        {
            Vector256.Load(from + i).Store(to + i);
            i += Vector256<float>.Count;
        }

        for (; i < count; i++)
        {
            to[i] = from[i];
        }
    }
}
