# An SMSC on Perl's Net::SMPP, for one test: it prints what it receives, one JSON object per line.
#
# Rule: it lives no longer than its standard input, nor than LIFE seconds. The first line
# is {"listening": port}. It serves one connection after the other and accepts any password; a
# message that requests a receipt gets one after its response.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Net::SMPP;

use constant {
    BIND_RECEIVER => 0x01,
    BIND_TRANSMITTER => 0x02,
    SUBMIT_SM => 0x04,
    UNBIND => 0x06,
    BIND_TRANSCEIVER => 0x09,
    ENQUIRE_LINK => 0x15,
    DELIVER_SM_RESP => 0x80000005,
};

$| = 1;
$SIG{PIPE} = 'IGNORE';
my $life = $ENV{LIFE} || 60;
my $json = JSON::PP->new->canonical;
sub report { print $json->encode({@_}), "\n" }

# A process of its own waits for the end of standard input, since reading a PDU blocks.
my $parent = $$;
if (!fork) {
    # Else the test would wait for this process to end the output.
    close STDOUT;
    alarm $life;
    1 while <STDIN>;
    kill 'TERM', $parent if getppid == $parent;
    exit 0;
}
alarm $life;

# Net::SMPP can't choose a port.
my $probe = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die $@;
my $port = $probe->sockport;
close $probe;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34,
    interface_version => 0) or die "can't listen: $!";
report(listening => $port);

my $accepted = 900;
while (my $session = $listener->accept) {
    while (my $pdu = $session->read_pdu) {
        last if !answer($session, $pdu);
    }
    close $session;
    report(event => 'close');
}

sub answer {
    my ($session, $pdu) = @_;
    my ($command, %number) = ($pdu->{cmd}, seq => $pdu->{seq});
    if ($command == BIND_TRANSCEIVER || $command == BIND_RECEIVER || $command == BIND_TRANSMITTER) {
        report(event => 'bind', system_id => $pdu->{system_id});
        my %response = (%number, system_id => 'PERL');
        $session->bind_transceiver_resp(%response) if $command == BIND_TRANSCEIVER;
        $session->bind_receiver_resp(%response) if $command == BIND_RECEIVER;
        $session->bind_transmitter_resp(%response) if $command == BIND_TRANSMITTER;
    }
    elsif ($command == ENQUIRE_LINK) {
        $session->enquire_link_resp(%number);
    }
    elsif ($command == SUBMIT_SM) {
        submitted($session, $pdu);
    }
    elsif ($command == DELIVER_SM_RESP) {
        report(event => 'deliver_sm_resp', command_status => $pdu->{status});
    }
    elsif ($command == UNBIND) {
        $session->unbind_resp(%number);
        report(event => 'unbind');
        return 0;
    }
    return 1;
}

sub submitted {
    my ($session, $pdu) = @_;
    my $id = '' . ++$accepted;
    report(
        event => 'submit_sm',
        message_id => $id,
        source_addr => $pdu->{source_addr},
        destination_addr => $pdu->{destination_addr},
        data_coding => 0 + $pdu->{data_coding},
        esm_class => 0 + $pdu->{esm_class},
        short_message => unpack('H*', $pdu->{short_message}),
    );
    $session->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
    return if !($pdu->{registered_delivery} & 1);
    $session->deliver_sm(
        async => 1,
        esm_class => 4,
        source_addr => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        short_message => "id:$id sub:001 dlvrd:001 submit date:2611221200 "
            . 'done date:2611221201 stat:DELIVRD err:000 text:',
    );
}
