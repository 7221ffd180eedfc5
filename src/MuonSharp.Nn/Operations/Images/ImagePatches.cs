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
            int windowRow = first / rowLength, last = Math.Min(end, (windowRow + 1) * rowLength);
            WindowRow(row, rows, windowRow, first - (windowRow * rowLength), last - (windowRow * rowLength), new Place(to, first - column, width, panelStride));
            first = last;
        }
    }

    /// <summary>The part [from, end) of one row of the window, for all rows of the block.</summary>
    private readonly void WindowRow(int row, int rows, int windowRow, int from, int end, Place place)
    {
        (int height, int width) = (Images.Height, Images.Width);
        (int image, int pixel) = Math.DivRem(row, Result.Pixels);
        (int y, int x) = Math.DivRem(pixel, Result.Width);
        for (int i = 0; i < rows; i++)
        {
            int top = (y * Stride) - PaddingTop + windowRow, left = (x * Stride) - PaddingLeft;
            if (Spread > 1)
            {
                Spaced(image, top, left, from, end, place);
            }
            else if ((uint)top >= (uint)height)
            {
                place.Clear(0, end - from);
            }
            else
            {
                float* source = Data + (((((nint)image * height) + top) * width) + left) * Channels;
                int inside = Math.Clamp(-left * Channels, from, end), outside = Math.Clamp((width - left) * Channels, inside, end);
                if (inside > from)
                {
                    place.Clear(0, inside - from);
                }

                place.Copy(source + inside, inside - from, outside - inside);
                if (end > outside)
                {
                    place.Clear(outside - from, end - outside);
                }
            }

            place.Next();
            if (++x == Result.Width)
            {
                x = 0;
                if (++y == Result.Height)
                {
                    (y, image) = (0, image + 1);
                }
            }
        }
    }

    /// <summary>The same where there are zeros between the pixels: one pixel after the other.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Spaced(int image, int top, int left, int from, int end, Place place)
    {
        for (int at = from; at < end;)
        {
            int windowColumn = at / Channels, next = Math.Min(end, (windowColumn + 1) * Channels), x = left + windowColumn;
            bool isPixel = top >= 0 && x >= 0 && top % Spread == 0 && x % Spread == 0 && top / Spread < Images.Height && x / Spread < Images.Width;
            if (isPixel)
            {
                nint pixel = ((((nint)image * Images.Height) + (top / Spread)) * Images.Width) + (x / Spread);
                place.Copy(Data + (pixel * Channels) + at - (windowColumn * Channels), at - from, next - at);
            }
            else
            {
                place.Clear(at - from, next - at);
            }

            at = next;
        }
    }

    /// <summary>Where a row of the block goes: its columns in panels.</summary>
    private struct Place(float* to, int column, int width, nint panelStride)
    {
        private float* _row = to;

        public void Next() => _row += width;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Copy(float* from, int offset, int count)
        {
            for (int at = column + offset; count > 0;)
            {
                int inPanel = at % width, here = Math.Min(count, width - inPanel);
                Run(from, _row + (at / width * panelStride) + inPanel, here);
                from += here;
                at += here;
                count -= here;
            }
        }

        public readonly void Clear(int offset, int count)
        {
            for (int at = column + offset; count > 0;)
            {
                int inPanel = at % width, here = Math.Min(count, width - inPanel);
                new Span<float>(_row + (at / width * panelStride) + inPanel, here).Clear();
                at += here;
                count -= here;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Run(float* from, float* to, int count)
        {
            int i = 0;
            for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256.Load(from + i).Store(to + i);
            }

            for (; i < count; i++)
            {
                to[i] = from[i];
            }
        }
    }
}
