using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

/// <summary>Attention over ranges of columns: widths of keys and values apart, strides, gaps, two ranges, ranges that all heads share, packed documents, windows.</summary>
public class AttentionRangesTests
{
    private const int Blocks = 8;
    private const int PerBlock = 40;
    private const double Tolerance = 3e-5;

    /// <summary>One block for every run of the tests, all for a run of everything.</summary>
    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Blocks).Select(block => new TheoryDataRow<int>(block) { Explicit = block > 0 })];

    /// <summary>Every other one with the tape's checks on, and gradients that others contribute to.</summary>
    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_random_layout_agrees_with_plain_loops(int block)
    {
        for (int number = block * PerBlock; number < (block + 1) * PerBlock; number++)
        {
            using OperationRig rig = new(number, threads: 1 + (number % 3), shared: number % 2 == 0);
            Layout layout = new(new TestNumbers(7000 + (ulong)number));
            Exception? error = Record.Exception(() => Check(rig, layout));
            Assert.True(error is null, $"layout {number}: {layout}{Environment.NewLine}{error}");
        }
    }

    [Fact]
    public void The_layouts_reach_every_form()
    {
        Layout[] layouts = [.. Enumerable.Range(0, Blocks * PerBlock).Select(number => new Layout(new TestNumbers(7000 + (ulong)number)))];
        (string What, Func<Layout, bool> Is)[] forms =
        [
            ("values wider", l => l.Value.Width > l.KeyWidth), ("values narrower", l => l.Value.Width < l.KeyWidth), ("two ranges of keys", l => l.SecondKey is not null),
            ("two ranges of queries", l => l.SecondQuery is not null), ("a second key for all heads", l => l.SecondKey is { Columns.Stride: 0 } && l.Groups > 1),
            ("values for all heads", l => l.Value.Columns.Stride == 0 && l.Groups > 1), ("keys and values in one tensor", l => l.Key.Tensor == l.Value.Tensor),
            ("alternating by head", l => l.Key.Tensor == l.Value.Tensor && l.Groups > 1 && l.Value.Columns.First < l.Key.Columns.At(1) && l.Key.Columns.First < l.Value.Columns.First),
            ("grouped heads", l => l.Groups < l.Heads), ("windows", l => l.Window is not null), ("documents", l => l.Positions is not null), ("more than a block", l => l.Time > 64),
            ("a tensor without gradient", l => l.Constant is not null),
        ];
        Assert.All(forms, form => Assert.True(layouts.Count(form.Is) >= 10, $"{layouts.Count(form.Is)} of {layouts.Length} layouts have {form.What}"));
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        for (int number = 0; number < 12; number++)
        {
            float[][] results = [.. new[] { 1, 2, 3 }.Select(threads => Bits(number, threads))];
            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }

        static float[] Bits(int number, int threads)
        {
            using OperationRig rig = new(number, threads: threads);
            Layout layout = new(new TestNumbers(9000 + (ulong)number), time: 150);
            (AttentionResult result, Tensor[] inputs) = Declare(rig, layout);
            rig.Tape.Output(result.Output);
            rig.Tape.Seed(result.Output);
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            rig.Random((int)result.Output.Length).Select(value => (float)value).ToArray().CopyTo(result.Output.Gradient);
            float[] output = result.Output.Value.ToArray();
            rig.Tape.Backward();
            return [.. output, .. inputs.Where(input => input.RequiresGradient).SelectMany(input => input.Gradient.ToArray())];
        }
    }

    /// <summary>A dot over two ranges is one ascending chain: the bits of the same columns side by side.</summary>
    [Fact]
    public void Two_ranges_have_the_bits_of_one()
    {
        const int Rows = 140, Heads = 3;
        foreach ((int first, int second) in new[] { (16, 8), (5, 12), (33, 1) })
        {
            int width = first + second;
            using OperationRig rig = new(first) { Sequences = new(1, Rows) };
            double[] q = rig.Random(Rows * Heads * width), k = rig.Random(q.Length), v = rig.Random(q.Length);
            Tensor query = rig.Input("q", Rows, q), key = rig.Input("k", Rows, k), value = rig.Input("v", Rows, v);
            Tensor ropeFirst = rig.Input("k2", Rows, Swapped(k));
            AttentionShape shape = new() { Heads = Heads, HeadWidth = width };
            Tensor whole = rig.Tape.Attention(query, key, value, shape).Output;
            Tensor parts = rig.Tape.Attention(
                new AttentionOperands
                {
                    Query = new(query, HeadColumns.SideBySide(width)),
                    Key = new(ropeFirst, new HeadColumns(second, first, width)),
                    SecondKey = new(ropeFirst, new HeadColumns(0, second, width)),
                    Value = new(value, HeadColumns.SideBySide(width)),
                },
                shape).Output;
            rig.Tape.Output(whole);
            rig.Tape.Output(parts);
            rig.Tape.Compile();
            rig.Fill();
            rig.Tape.Forward();
            Assert.Equal(whole.Value.ToArray(), parts.Value.ToArray());

            double[] Swapped(double[] x)
            {
                double[] y = new double[x.Length];
                for (int i = 0; i < x.Length; i++) y[i / width * width + ((i % width) + second) % width] = x[i];
                return y;
            }
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_one_line()
    {
        using OperationRig rig = new() { Sequences = new(2, 3) };
        Tensor x = rig.Tape.Input("x", rig.Sequences, 24, gradient: true), constant = rig.Tape.Input("constant", rig.Sequences, 24), other = rig.Tape.Input("other", new Sequences(3, 2), 24);
        AttentionShape shape = new() { Heads = 2, HeadWidth = 4 };
        HeadColumns four = HeadColumns.SideBySide(4);
        AttentionOperands good = new() { Query = new(x, four), Key = new(x, four with { First = 8 }), Value = new(x, four with { First = 16 }) };
        Assert.NotNull(rig.Tape.Attention(good, shape));
        Refuses("a head's queries and keys have 4 columns, its values 4", good with { SecondKey = new(constant, new HeadColumns(0, 2, 0)) });
        Refuses("a head's queries and keys have 4 columns, its values 4", good with { Value = new(x, HeadColumns.SideBySide(2, 16)) });
        Refuses("heads lie apart inside the columns", good with { Query = new(x, new HeadColumns(0, 4, 0)) });
        Refuses("heads lie apart inside the columns", good with { Key = new(constant, new HeadColumns(0, 4, 2)) });
        Refuses("heads lie apart inside the columns", good with { Value = new(constant, four with { First = 17 }) });
        Refuses("each column is one operand's", good with { Key = new(x, four) });
        Refuses("are the same sequences", good with { Key = new(other, four) });
        Refuses("have as many rows", good with { Key = new(rig.Tape.Input("short", 3, 24), four) });

        // Without a gradient, columns may serve twice: values that are a part of the keys.
        Assert.NotNull(rig.Tape.Attention(good with { Key = new(constant, four), Value = new(constant, new HeadColumns(0, 4, 0)) }, shape));

        void Refuses(string rule, AttentionOperands operands)
        {
            string message = Assert.Throws<ArgumentException>(() => rig.Tape.Attention(operands, shape)).Message;
            Assert.StartsWith("[attention] ", message, StringComparison.Ordinal);
            Assert.Contains(rule, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    private static void Check(OperationRig rig, Layout layout)
    {
        (AttentionResult result, Tensor[] inputs) = Declare(rig, layout);
        double[] q = layout.Queries, k = layout.Keys, v = layout.Values, dy = rig.Random(layout.Rows * layout.Heads * layout.Value.Width);
        ReferenceAttention attention = new(layout.Batch, layout.Time, layout.Heads, layout.Groups, layout.KeyWidth, layout.Window, layout.Value.Width) { Positions = layout.Positions };
        (double[] output, double[] maxima) = attention.Forward(q, k, v);
        double[][] gradients = layout.Scatter(attention.Backward(dy, q, k, v));
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].RequiresGradient) rig.Expect(inputs[i].Name, inputs[i], gradients[i]);
        }

        rig.Run(result.Output, output, dy, Tolerance);
        Agreement.Within("maximum logits", maxima, result.MaximumLogits.Value, Tolerance);
    }

    private static (AttentionResult Result, Tensor[] Inputs) Declare(OperationRig rig, Layout layout)
    {
        rig.Sequences = layout.Positions is null ? new Sequences(layout.Batch, layout.Time) : rig.Tape.Packed(layout.Batch, layout.Time, 400);
        layout.Positions?.CopyTo(rig.Sequences.Positions!.Span);
        List<Tensor> activations = [], inputs = [];
        for (int i = 0; i < layout.Widths.Length; i++)
        {
            if (layout.Constant == i)
            {
                activations.Add(rig.Input($"constant {i}", layout.Rows, layout.Contents[i], gradient: false));
                inputs.Add(activations[^1]);
                continue;
            }

            (Tensor activation, Tensor input) = rig.Activation($"x{i}", layout.Rows, layout.Contents[i]);
            activations.Add(activation);
            inputs.Add(input);
        }

        AttentionOperands operands = new()
        {
            Query = Of(layout.Query),
            SecondQuery = layout.SecondQuery is { } query ? Of(query) : null,
            Key = Of(layout.Key),
            SecondKey = layout.SecondKey is { } key ? Of(key) : null,
            Value = Of(layout.Value),
        };
        AttentionShape shape = new() { Heads = layout.Heads, KeyValueHeads = layout.Groups, HeadWidth = layout.KeyWidth, ValueWidth = layout.Value.Width, Window = layout.Window };
        return (rig.Tape.Attention(operands, shape), [.. inputs]);

        TensorColumns Of(Placed placed) => new(activations[placed.Tensor], placed.Columns);
    }

    /// <summary>Where an operand lies: number of its tensor, and its columns there.</summary>
    private readonly record struct Placed(int Tensor, HeadColumns Columns)
    {
        public int Width => Columns.Width;
    }

    /// <summary>A random layout of queries, keys and values in up to four tensors, with their contents.</summary>
    private sealed class Layout
    {
        private readonly List<HashSet<int>> _taken = [];
        private readonly TestNumbers _numbers;

        public Layout(TestNumbers numbers, int? time = null)
        {
            _numbers = numbers;
            Batch = 1 + numbers.Below(2);
            Time = time ?? (numbers.Below(5) == 0 ? 60 + numbers.Below(90) : 1 + numbers.Below(20));
            Groups = 1 + numbers.Below(3);
            Heads = Groups * (1 + numbers.Below(3));
            Window = numbers.Below(3) == 0 ? 1 + numbers.Below(Time + 2) : null;
            Positions = numbers.Below(2) == 0 ? null : numbers.Documents(Batch, Time, 400);
            int first = 1 + numbers.Below(20), second = numbers.Below(2) == 0 ? 0 : 1 + numbers.Below(14), width = numbers.Below(3) == 0 ? first + second : 1 + numbers.Below(24);
            bool twoQueries = second > 0 && numbers.Below(2) == 0;
            KeyWidth = first + second;
            Query = Place(twoQueries ? second : KeyWidth, Heads, shared: false);
            Key = Place(first, Groups, shared: numbers.Below(8) == 0);
            Value = Place(width, Groups, shared: numbers.Below(8) == 0);
            SecondKey = second > 0 ? Place(second, Groups, shared: numbers.Below(2) == 0) : null;
            SecondQuery = twoQueries ? Place(first, Heads, shared: false) : null;
            Widths = [.. _taken.Select(columns => columns.Max() + 1 + (numbers.Below(2) * numbers.Below(5)))];
            Contents = [.. Widths.Select(columns => numbers.Normals(Rows * columns, 1.2))];
            Constant = Widths.Length > 1 && numbers.Below(4) == 0 ? numbers.Below(Widths.Length) : null;
        }

        public int Batch { get; }

        public int Time { get; }

        public int Rows => Batch * Time;

        public int Heads { get; }

        public int Groups { get; }

        public int? Window { get; }

        public int[]? Positions { get; }

        public int KeyWidth { get; }

        public Placed Query { get; }

        public Placed? SecondQuery { get; }

        public Placed Key { get; }

        public Placed? SecondKey { get; }

        public Placed Value { get; }

        /// <summary>Columns of each tensor.</summary>
        public int[] Widths { get; }

        public double[][] Contents { get; }

        /// <summary>A tensor of which nobody wants a gradient.</summary>
        public int? Constant { get; }

        public double[] Queries => Gather(Query, SecondQuery, Heads);

        public double[] Keys => Gather(Key, SecondKey, Groups);

        public double[] Values => Gather(Value, null, Groups);

        public double[][] Scatter((double[] Q, double[] K, double[] V) dense)
        {
            double[][] gradients = [.. Contents.Select(values => new double[values.Length])];
            foreach ((Placed from, Placed? more, int heads, double[] gradient) in new[] { (Query, SecondQuery, Heads, dense.Q), (Key, SecondKey, Groups, dense.K), (Value, null, Groups, dense.V) })
                ForEach(from, more, heads, (at, tensor, place) => gradients[tensor][place] += gradient[at]);
            return gradients;
        }

        public override string ToString() =>
            $"{Batch} x {Time}, {Heads} heads, {Groups} groups, window {Window}, queries {Query} {SecondQuery}, keys {Key} {SecondKey}, values {Value}, widths {string.Join(' ', Widths)}, constant {Constant}, positions {string.Join(' ', Positions ?? [])}";

        private double[] Gather(Placed first, Placed? second, int heads)
        {
            double[] dense = new double[Rows * heads * (first.Width + (second?.Width ?? 0))];
            ForEach(first, second, heads, (at, tensor, place) => dense[at] = Contents[tensor][place]);
            return dense;
        }

        private void ForEach(Placed first, Placed? second, int heads, Action<int, int, int> body)
        {
            int at = 0;
            for (int row = 0; row < Rows; row++)
                for (int head = 0; head < heads; head++)
                    foreach (Placed part in second is { } more ? new[] { first, more } : [first])
                        for (int i = 0; i < part.Width; i++)
                            body(at++, part.Tensor, (row * Widths[part.Tensor]) + part.Columns.At(head) + i);
        }

        /// <summary>The first place of a random stride that is free, in a tensor that is there or in a new one.</summary>
        private Placed Place(int width, int heads, bool shared)
        {
            int tensor = _taken.Count > 0 && _numbers.Below(3) > 0 ? _numbers.Below(_taken.Count) : _taken.Count;
            if (tensor == _taken.Count) _taken.Add([]);
            int stride = shared ? 0 : width + (_numbers.Below(2) * _numbers.Below(40));
            for (int first = _numbers.Below(4); ; first++)
            {
                HeadColumns columns = new(first, width, stride);
                int[] all = [.. Enumerable.Range(0, heads).SelectMany(head => Enumerable.Range(columns.At(head), width)).Distinct()];
                if (all.Any(_taken[tensor].Contains)) continue;
                _taken[tensor].UnionWith(all);
                return new Placed(tensor, columns);
            }
        }
    }
}
