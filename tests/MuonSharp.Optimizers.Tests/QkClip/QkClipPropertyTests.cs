using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Random layers of every form, random runs of steps: a clip scales each head's logits by that head's own factor, and only where it may.</summary>
public class QkClipPropertyTests
{
    private const double Tolerance = 1e-5;

    public enum Form
    {
        /// <summary>Weights of their own for queries and keys.</summary>
        Apart,

        /// <summary>One weight for queries, keys and values.</summary>
        Fused,

        /// <summary>Both parts of latent attention.</summary>
        Latent,

        /// <summary>QK-norm with gains of each head's own.</summary>
        Normalized,

        /// <summary>QK-norm with one gain for all keys.</summary>
        NormalizedSharedKeys,
    }

    /// <summary>What happens between two steps.</summary>
    public enum Event
    {
        /// <summary>One forward pass, then a step.</summary>
        Step,

        /// <summary>Three forward passes, the greatest maxima in the second one, then a step.</summary>
        Accumulated,

        /// <summary>A forward pass, then a step that the gate skips.</summary>
        Skipped,

        /// <summary>A step after which nothing was observed: the forward pass in between was an evaluation.</summary>
        Evaluated,
    }

    /// <summary>The same cases every time.</summary>
    private static Config Always { get; } = Config.QuickThrowOnFailure.WithReplay(new Replay(new Rnd(1, 3), FSharpOption<int>.None)).WithQuietOnSuccess(true);

    private static Arbitrary<Layer> Layers => (
        from form in Gen.Elements(Enum.GetValues<Form>())
        from keyHeads in Gen.Choose(1, 4)
        from @group in Gen.Choose(1, 4)
        from headWidth in Gen.Choose(1, 8)
        from width in Gen.Choose(1, 20)
        from time in Gen.Choose(1, 6)
        from biased in Gen.Elements(true, false)
        from seed in Gen.Choose(1, 1_000_000)
        select new Layer(form, keyHeads, @group, headWidth, width, time, biased, seed)).ToArbitrary();

    private static Arbitrary<(Layer Layer, Event[] Events, int Share)> Runs => (
        from layer in Layers.Generator
        from events in Gen.ArrayOf(Gen.Elements(Enum.GetValues<Event>()))
        from share in Gen.Choose(5, 95)
        select (layer, events, share)).ToArbitrary();

    [Fact]
    public void Every_heads_logits_are_scaled_by_its_own_factor() =>
        Check.One(Always.WithMaxTest(400), Prop.ForAll(Layers, layer =>
        {
            ILogitRig rig = layer.Rig();
            float[] maxima = Maxima(rig);

            // At nine tenths of a middle maximum some heads fire and some do not.
            ClipOnce(rig, Math.Max(0.01, maxima.Order().ElementAt(rig.Heads / 2) * 0.9));
        }));

    [Fact]
    public void A_layer_whose_logits_are_all_negative_is_left_alone() =>
        Check.One(Always.WithMaxTest(100), Prop.ForAll(Layers, layer =>
        {
            ILogitRig rig = layer.Rig();
            float[] values = rig.Values();
            using var clip = new QkClip([rig.Layer], 1e-6);
            clip.Observe([.. Maxima(rig).Select(maximum => -Math.Abs(maximum) - 1e3f)]);
            Assert.Equal(0, clip.Apply(skipped: false).ClippedHeads);
            Compare.SameBits(values, rig.Values());
        }));

    [Fact]
    public void Over_any_run_of_steps_only_what_a_step_saw_clips() =>
        Check.One(Always.WithMaxTest(150), Prop.ForAll(Runs, run =>
        {
            ILogitRig rig = run.Layer.Rig();
            double tau = Math.Max(0.01, Maxima(rig).Max() * run.Share / 100);
            using var clip = new QkClip([rig.Layer], tau);
            foreach (Event happening in run.Events)
            {
                float[] maxima = Maxima(rig);
                float[] values = rig.Values();
                List<double>[] before = Logits(rig);
                switch (happening)
                {
                    case Event.Evaluated:
                        break;
                    case Event.Accumulated:
                        clip.Observe([.. maxima.Select(maximum => maximum - 1)]);
                        clip.Observe(maxima);
                        clip.Observe([.. maxima.Select(_ => float.MinValue)]);
                        break;
                    default:
                        clip.Observe(maxima);
                        break;
                }

                QkClipReport report = clip.Apply(skipped: happening == Event.Skipped);
                if (happening is Event.Skipped or Event.Evaluated)
                {
                    Assert.Equal(0, report.ClippedHeads);
                    Compare.SameBits(values, rig.Values());
                }
                else
                {
                    CheckFactors(rig, maxima, before, report, tau);
                }
            }
        }));

    private static void ClipOnce(ILogitRig rig, double tau)
    {
        float[] maxima = Maxima(rig), values = rig.Values();
        List<double>[] before = Logits(rig);
        using var clip = new QkClip([rig.Layer], tau);
        clip.Observe(maxima);
        QkClipReport report = clip.Apply(skipped: false);
        Assert.Equal(maxima.Count(maximum => maximum > tau), report.ClippedHeads);
        Assert.Equal(report.ClippedHeads > 0, !values.AsSpan().SequenceEqual(rig.Values()));
        CheckFactors(rig, maxima, before, report, tau);
    }

    private static void CheckFactors(ILogitRig rig, float[] maxima, List<double>[] before, QkClipReport report, double tau)
    {
        for (int head = 0; head < rig.Heads; head++)
        {
            double factor = maxima[head] > tau ? tau / maxima[head] : 1;
            Assert.Equal(factor, report[head].Factor, 1e-12);
            List<double> after = rig.Logits(head);

            // Rounding is that of the largest logit, and of the terms that cancel in it.
            double scale = before[head].Max(Math.Abs) + (1e-2 * before.Max(logits => logits.Max(Math.Abs)));
            for (int i = 0; i < after.Count; i++)
            {
                Assert.True(
                    Math.Abs(after[i] - (factor * before[head][i])) <= Tolerance * factor * scale,
                    $"head {head} of {rig.Heads}: {before[head][i]} became {after[i]}, not {factor} times it");
            }

            Assert.True(after.Max() <= tau * (1 + Tolerance) || factor == 1, $"head {head}: {after.Max()} is above {tau}");
        }
    }

    private static List<double>[] Logits(ILogitRig rig) => [.. Enumerable.Range(0, rig.Heads).Select(rig.Logits)];

    private static float[] Maxima(ILogitRig rig) => [.. Enumerable.Range(0, rig.Heads).Select(head => (float)rig.Logits(head).Max())];

    public sealed record Layer(Form Form, int KeyHeads, int Group, int HeadWidth, int Width, int Time, bool Biased, int Seed)
    {
        internal ILogitRig Rig()
        {
            ulong seed = 10 * (ulong)Seed;
            int heads = KeyHeads * Group;
            return Form switch
            {
                Form.Latent => new LatentRig(heads, HeadWidth, shared: Group, value: KeyHeads, Width, Time, seed),
                Form.Normalized => new NormalizedRig(heads, KeyHeads, HeadWidth, Time, sharedKeyGain: false, seed),
                Form.NormalizedSharedKeys => new NormalizedRig(heads, KeyHeads, HeadWidth, Time, sharedKeyGain: true, seed),
                _ => new AttentionRig(heads, KeyHeads, HeadWidth, Width, Time, Form == Form.Fused, Biased, seed),
            };
        }
    }
}
