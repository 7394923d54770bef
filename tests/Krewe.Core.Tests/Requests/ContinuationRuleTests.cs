using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Pools;
using Krewe.Core.Requests;

namespace Krewe.Core.Tests.Requests;

public sealed class ContinuationRuleTests
{
    /// <summary>A stream of 5 tokens of 20 that can go on.</summary>
    private static readonly ContinuationState Broken = new()
    {
        Mode = ContinuationMode.Auto,
        HasContent = true,
        IsTextKept = true,
        IsCounted = true,
        TokensDelivered = 5,
        MaxTokens = 20,
    };

    public static TheoryData<ContinuationRefusal> AskedFor => [.. Enum.GetValues<ContinuationRefusal>().Where(refusal => refusal
        is not (ContinuationRefusal.None or ContinuationRefusal.Off or ContinuationRefusal.Protocol or ContinuationRefusal.Template
            or ContinuationRefusal.Reasoning or ContinuationRefusal.ToolCall or ContinuationRefusal.TextOverflow
            or ContinuationRefusal.HalfCharacter or ContinuationRefusal.NotCounted or ContinuationRefusal.NoAttempt))];

    [Fact]
    public void AStreamThatCanGoOn_GetsWhatIsLeftOfItsLimits()
    {
        Assert.Equal(new ContinuationDecision(ContinuationKind.Continue, TokensLeft: 15, MinTokensLeft: 3), ContinuationRule.Decide(Broken with { MinTokens = 8 }));
        Assert.Equal(new ContinuationDecision(ContinuationKind.Continue, TokensLeft: 15), ContinuationRule.Decide(Broken with { MinTokens = 3 }));
        Assert.Equal(new ContinuationDecision(ContinuationKind.Continue), ContinuationRule.Decide(Broken with { MaxTokens = null }));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    public void AllTokensDelivered_OnlyTheEndIsMissing(int delivered) =>
        Assert.Equal(ContinuationKind.Finish, ContinuationRule.Decide(Broken with { TokensDelivered = delivered }).Kind);

    [Fact]
    public void AnAnswerWithItsFinishReason_IsFinishedWhateverItWas()
    {
        Assert.Equal(ContinuationKind.Finish, ContinuationRule.Decide(Broken with { IsFinished = true, HasToolCall = true, Mode = ContinuationMode.Off }).Kind);
        Assert.Equal(ContinuationKind.Finish, ContinuationRule.Decide(Broken with { IsFinished = true, Forbidden = ContinuationRefusal.Seed }).Kind);
    }

    [Fact]
    public void NothingButARoleSent_IsRunAgainWhateverItWas()
    {
        var start = new ContinuationState { Mode = ContinuationMode.Off, Forbidden = ContinuationRefusal.GuidedDecoding, MaxTokens = 20, MinTokens = 4 };
        Assert.Equal(new ContinuationDecision(ContinuationKind.Restart, TokensLeft: 20, MinTokensLeft: 4), ContinuationRule.Decide(start));
    }

    [Theory]
    [MemberData(nameof(AskedFor))]
    public void WhatTheRequestAsksForThatForbidsIt_IsTheReason(ContinuationRefusal forbidden) =>
        Assert.Equal(ContinuationDecision.Refuse(forbidden), ContinuationRule.Decide(Broken with { Forbidden = forbidden }));

    [Theory]
    [InlineData(ContinuationRefusal.MultipleChoices)]
    [InlineData(ContinuationRefusal.ListPrompt)]
    public void WhereThereAreSeveralAnswers_OnesEndOrBeginningIsNotAll(ContinuationRefusal several)
    {
        Assert.Equal(ContinuationDecision.Refuse(several), ContinuationRule.Decide(Broken with { Forbidden = several, IsFinished = true }));
        Assert.Equal(ContinuationDecision.Refuse(several), ContinuationRule.Decide(Broken with { Forbidden = several, HasContent = false }));
    }

    [Fact]
    public void WhatTheAnswerIs_CanForbidItToo()
    {
        Assert.Equal(ContinuationRefusal.Off, Refusal(Broken with { Mode = ContinuationMode.Off }));
        Assert.Equal(ContinuationRefusal.ToolCall, Refusal(Broken with { HasToolCall = true }));
        Assert.Equal(ContinuationRefusal.Reasoning, Refusal(Broken with { HasReasoning = true }));
        Assert.Equal(ContinuationRefusal.TextOverflow, Refusal(Broken with { IsTextKept = false }));
        Assert.Equal(ContinuationRefusal.HalfCharacter, Refusal(Broken with { EndsInsideCharacter = true }));
        Assert.Equal(ContinuationRefusal.NotCounted, Refusal(Broken with { IsCounted = false }));
        Assert.Equal(ContinuationRefusal.None, Refusal(Broken with { IsCounted = false, MaxTokens = null }));
    }

    [Fact]
    public void Decide_AnyState_NeverGivesMoreThanTheLimitNorGoesOnUnsoundly()
    {
        var modes = Gen.Elements(Enum.GetValues<ContinuationMode>());
        var reasons = Gen.Frequency((2, Gen.Constant(ContinuationRefusal.None)), (1, Gen.Elements(Enum.GetValues<ContinuationRefusal>())));
        var flags = Gen.ListOf(Gen.Elements(true, false), 7);
        var states =
            from mode in modes
            from forbidden in reasons
            from flag in flags
            from delivered in Gen.Choose(0, 40)
            from max in Gen.Choose(-5, 40)
            from min in Gen.Choose(0, 40)
            select new ContinuationState
            {
                Mode = mode,
                Forbidden = forbidden,
                IsFinished = flag[0] && delivered % 3 == 0,
                HasContent = flag[1],
                HasReasoning = flag[2],
                HasToolCall = flag[3],
                IsTextKept = flag[4],
                EndsInsideCharacter = flag[5],
                IsCounted = flag[6],
                TokensDelivered = delivered,
                MaxTokens = max < 0 ? null : max,
                MinTokens = min,
            };
        Prop.ForAll(states.ToArbitrary(), state =>
        {
            var decision = ContinuationRule.Decide(state);
            Assert.Equal(decision.Kind == ContinuationKind.Refuse, decision.Refusal != ContinuationRefusal.None);
            if (decision.Kind == ContinuationKind.Continue)
            {
                Assert.True(state is { HasContent: true, IsFinished: false, HasReasoning: false, HasToolCall: false, IsTextKept: true, EndsInsideCharacter: false });
                Assert.Equal(ContinuationRefusal.None, state.Forbidden);
                Assert.NotEqual(ContinuationMode.Off, state.Mode);
                Assert.True(state.MaxTokens is null || state.IsCounted);
                Assert.Equal(state.MaxTokens, decision.TokensLeft + state.TokensDelivered);
                Assert.True(decision.TokensLeft is null or > 0);
                Assert.Equal(Math.Max(state.MinTokens, state.TokensDelivered), decision.MinTokensLeft + state.TokensDelivered);
            }
            else if (decision.Kind == ContinuationKind.Restart)
            {
                Assert.False(state.HasContent);
            }
            else if (decision.Kind == ContinuationKind.Finish)
            {
                Assert.True(state.IsFinished || state.TokensDelivered >= state.MaxTokens);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void MetricTags_AreUniqueSnakeCase()
    {
        var refusals = Enum.GetValues<ContinuationRefusal>().Select(refusal => refusal.MetricTag()).ToList();
        var kinds = Enum.GetValues<ContinuationKind>().Select(kind => kind.MetricTag()).ToList();
        Assert.Equal(refusals.Distinct(), refusals);
        Assert.Equal(kinds.Distinct(), kinds);
        Assert.All(refusals.Concat(kinds), tag => Assert.Matches("^[a-z]+(_[a-z]+)*$", tag));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((ContinuationRefusal)999).MetricTag());
        Assert.Throws<ArgumentOutOfRangeException>(() => ((ContinuationKind)999).MetricTag());
    }

    private static ContinuationRefusal Refusal(ContinuationState state) => ContinuationRule.Decide(state).Refusal;
}
